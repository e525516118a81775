//! Starts `polc lsp` for Zed: the program that the settings name, or the one on the search path.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{self as zed, serde_json, LanguageServerId, Result, Worktree};

struct Polc;

impl zed::Extension for Polc {
    fn new() -> Self {
        Polc
    }

    fn language_server_command(
        &mut self,
        id: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<zed::Command> {
        let named = LspSettings::for_worktree(id.as_ref(), worktree)?
            .binary
            .and_then(|it| it.path);
        let command = named
            .or_else(|| worktree.which("polc"))
            .ok_or("polc was not found. Install it with: pip install polc")?;
        Ok(zed::Command {
            command,
            args: vec!["lsp".into()],
            env: worktree.shell_env(),
        })
    }

    fn language_server_initialization_options(
        &mut self,
        id: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<serde_json::Value>> {
        Ok(LspSettings::for_worktree(id.as_ref(), worktree)?.initialization_options)
    }
}

zed::register_extension!(Polc);
