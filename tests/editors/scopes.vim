" Writes the syntax groups of every character of some files, as Vim or Neovim sees them.
" $POLC_RUNTIME is the plug-in, $POLC_FILES the files, one a line, $POLC_ANSWER where to write.
set nocompatible encoding=utf-8 nofoldenable
filetype plugin on
syntax on

let s:answer = {}
for s:file in split($POLC_FILES, "\n")
  execute 'edit' fnameescape(s:file)
  let s:lines = []
  for s:line in range(1, line('$'))
    let s:groups = []
    for s:column in range(1, len(getline(s:line)))
      call add(s:groups, synIDattr(synID(s:line, s:column, 1), 'name'))
    endfor
    call add(s:lines, s:groups)
  endfor
  let s:answer[s:file] = s:lines
endfor
call writefile([json_encode(s:answer)], $POLC_ANSWER)
qall!
