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

  vim.cmd('PolcCompiled')
  vim.wait(WAIT, function() return vim.api.nvim_buf_get_name(0):match('%.yaml$') ~= nil end, 20)
  seen.compiled = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
end

local ok, err = pcall(run)
seen.error = not ok and tostring(err) or nil
vim.fn.writefile({ vim.fn.json_encode(seen) }, vim.env.POLC_ANSWER)
vim.cmd('qall!')
