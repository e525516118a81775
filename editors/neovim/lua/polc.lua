-- The client of polc's language server, for Neovim 0.7.2 and later.
--
--   require('polc').setup({ cmd = { '/path/to/polc', 'lsp' }, settings = { environment = 'prod' } })
--
-- is only needed for what differs from the defaults below; opening a `*.svc` file starts the server.

local M = {}

M.options = {
  cmd = { 'polc', 'lsp' },
  settings = {}, -- environment, inlayHints.enabled, codeLens.enabled, widening.enabled
  code_lens = true, -- keep the lines above services up to date
  on_attach = nil, -- called with the client and the buffer
}

local IS_0_11 = vim.fn.has('nvim-0.11') == 1
local clients = {} -- for Neovim 0.7, by folder

function M.setup(options)
  M.options = vim.tbl_deep_extend('force', M.options, options or {})
end

--- The project's folder: where its settings or its repository are, or else the file's own.
local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  local path = vim.fn.fnameescape(folder) .. ';'
  for _, name in ipairs({ 'polc.toml', 'pyproject.toml' }) do
    local found = vim.fn.findfile(name, path)
    if found ~= '' then
      return vim.fn.fnamemodify(found, ':p:h')
    end
  end
  local git = vim.fn.finddir('.git', path)
  return git ~= '' and vim.fn.fnamemodify(git, ':p:h:h') or folder
end

--- Have the server execute a command; it opens what it has to show, where Neovim lets it.
local function execute(client_id, command)
  local client = vim.lsp.get_client_by_id(client_id)
  local function answered(err, uri)
    if err then
      vim.notify('polc: ' .. (err.message or tostring(err)), vim.log.levels.ERROR)
    elseif type(uri) == 'string' and not vim.lsp.handlers['window/showDocument'] then
      local file, line = vim.uri_to_fname(uri:gsub('#L%d+$', '')), uri:match('#L(%d+)$')
      if file:match('%.html$') then
        vim.fn.jobstart({ vim.fn.has('mac') == 1 and 'open' or 'xdg-open', file }, { detach = true })
      else
        vim.cmd('split ' .. (line and '+' .. line .. ' ' or '') .. vim.fn.fnameescape(file))
      end
    end
  end
  if IS_0_11 then
    client:request('workspace/executeCommand', command, answered)
  else
    client.request('workspace/executeCommand', command, answered)
  end
end

local COMMANDS = {
  PolcGraph = 'polc.showGraph',
  PolcReach = 'polc.showReach',
  PolcCompiled = 'polc.showCompiled',
  PolcDiff = 'polc.diffHead',
}

local FUNCTIONS = {
  omnifunc = 'v:lua.vim.lsp.omnifunc',
  tagfunc = 'v:lua.vim.lsp.tagfunc',
  formatexpr = 'v:lua.vim.lsp.formatexpr()',
}

local function attached(client, buffer)
  for name, command in pairs(COMMANDS) do
    vim.api.nvim_buf_create_user_command(buffer, name, function()
      local place = vim.lsp.util.make_position_params(0, client.offset_encoding)
      execute(client.id, { command = command, arguments = { place.textDocument.uri, place.position } })
    end, {})
  end
  -- The client is not attached to what was built, but knows where it comes from.
  vim.api.nvim_create_user_command('PolcSource', function()
    local place = vim.lsp.util.make_position_params(0, client.offset_encoding)
    execute(client.id, { command = 'polc.openSource', arguments = { place.textDocument.uri, place.position } })
  end, {})
  for option, value in pairs(FUNCTIONS) do -- newer ones set them by themselves
    if vim.bo[buffer][option] == '' then
      vim.bo[buffer][option] = value
    end
  end
  if M.options.code_lens and client.server_capabilities.codeLensProvider then
    local function refresh()
      vim.lsp.codelens.refresh(IS_0_11 and { bufnr = buffer } or nil)
    end
    local group = vim.api.nvim_create_augroup('polc_' .. buffer, {})
    vim.api.nvim_create_autocmd(
      { 'BufEnter', 'InsertLeave', 'BufWritePost' },
      { buffer = buffer, group = group, callback = refresh }
    )
    refresh()
  end
  if M.options.on_attach then
    M.options.on_attach(client, buffer)
  end
end

--- Start the server for the current buffer, or attach the one of its project.
function M.start()
  local program = M.options.cmd[1]
  if vim.fn.executable(program) == 0 then
    local text = 'polc: the program "%s" was not found. Install it with: pip install polc'
    vim.notify_once(text:format(program), vim.log.levels.WARN)
    return
  end
  local root = root_of(vim.api.nvim_buf_get_name(0))
  local config = {
    name = 'polc',
    cmd = M.options.cmd,
    root_dir = root,
    init_options = M.options.settings,
    settings = { polc = M.options.settings },
    on_attach = attached,
  }
  for _, command in pairs(COMMANDS) do -- of lenses
    vim.lsp.commands[command] = function(lens, context)
      execute(context.client_id, { command = lens.command, arguments = lens.arguments })
    end
  end
  if vim.lsp.start then
    vim.lsp.start(config)
    return
  end
  local id = clients[root]
  if not id or not vim.lsp.get_client_by_id(id) then
    id = vim.lsp.start_client(config)
    clients[root] = id
  end
  vim.lsp.buf_attach_client(0, id)
end

return M
