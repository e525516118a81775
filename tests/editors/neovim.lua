-- Drives the plug-in in a real Neovim and writes what was seen as JSON to $POLC_ANSWER.
-- The file that is open is the program that tests/editors/test_neovim.py wrote; it has one typo.
local seen = {}
local buffer = vim.api.nvim_get_current_buf()
local WAIT = 20000

local function clients()
  return (vim.lsp.get_clients or vim.lsp.get_active_clients)({ name = 'polc' })
end

local function ask(method, params)
  local answers = vim.lsp.buf_request_sync(buffer, method, params, WAIT) or {}
  for _, answer in pairs(answers) do
    return answer.result
  end
end

local function at(line, column)
  vim.api.nvim_win_set_cursor(0, { line, column })
  return vim.lsp.util.make_position_params(0, clients()[1].offset_encoding)
end

local function diagnostics()
  local found = vim.diagnostic.get(buffer)
  return vim.tbl_map(function(each) return { code = each.code, line = each.lnum } end, found)
end

local function run()
  seen.filetype = vim.bo.filetype
  vim.wait(WAIT, function() return #diagnostics() > 0 end, 20)
  seen.clients = #clients()
  seen.root = clients()[1].config.root_dir
  seen.diagnostics = diagnostics()

  -- Mend the typo as a user would: by typing.
  vim.cmd([[%s/frontent/frontend/]])
  vim.wait(WAIT, function() return #diagnostics() == 0 end, 20)
  seen.mended = diagnostics()

  local definition = ask('textDocument/definition', at(12, 15))
  local place = definition and (definition[1] or definition)
  local range = place and (place.range or place.targetSelectionRange)
  seen.definition = range and range.start.line

  local hover = ask('textDocument/hover', at(12, 15))
  seen.hover = hover and (hover.contents.value or hover.contents)
  local items = ask('textDocument/completion', at(12, 15))
  items = items and (items.items or items) or {}
  seen.completion = vim.tbl_map(function(each) return each.label end, items)
  local lenses = ask('textDocument/codeLens', { textDocument = at(12, 15).textDocument }) or {}
  seen.lenses = #lenses
  seen.functions = { vim.bo.omnifunc, vim.bo.tagfunc, vim.bo.formatexpr }
  vim.api.nvim_buf_set_lines(buffer, 3, 4, false, { '     select   {app:"frontend"}' })
  ;(vim.lsp.buf.format or vim.lsp.buf.formatting_sync)(vim.lsp.buf.format and { timeout_ms = WAIT } or nil, WAIT)
  seen.formatted = vim.api.nvim_buf_get_lines(buffer, 3, 4, false)[1]

  vim.cmd('PolcCompiled')
  vim.wait(WAIT, function() return vim.api.nvim_buf_get_name(0):match('%.yaml$') ~= nil end, 20)
  seen.compiled = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')

  -- Back from what was built.
  vim.api.nvim_buf_call(buffer, function() vim.cmd('silent write') end)
  vim.fn.system({ 'polc', 'build', vim.api.nvim_buf_get_name(buffer), '-o', 'out' })
  vim.cmd('edit! out/shop/api.networkpolicy.yaml')
  vim.fn.search('app: frontend')
  vim.cmd('PolcSource')
  vim.wait(WAIT, function() return vim.api.nvim_buf_get_name(0):match('%.svc$') ~= nil end, 20)
  seen.source = vim.api.nvim_get_current_line()
end

local ok, err = pcall(run)
seen.error = not ok and tostring(err) or nil
vim.fn.writefile({ vim.fn.json_encode(seen) }, vim.env.POLC_ANSWER)
vim.cmd('qall!')
