" Indentation by braces and brackets; what polc's formatter makes of it comes later.
if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=PolcIndent(v:lnum) indentkeys=0},0],o,O,!^F
let b:undo_indent = 'setlocal indentexpr< indentkeys<'

function! PolcIndent(line) abort
  let l:above = prevnonblank(a:line - 1)
  let l:text = substitute(getline(l:above), '"\%([^"\\]\|\\.\)*"\|#.*', '', 'g')
  let l:opened = strlen(substitute(l:text, '[^{[]', '', 'g'))
  let l:closed = strlen(substitute(substitute(l:text, '^\s*[]}]', '', ''), '[^]}]', '', 'g'))
  let l:depth = l:opened > l:closed ? 1 : l:opened < l:closed ? -1 : 0
  if getline(a:line) =~# '^\s*[]}]'
    let l:depth -= 1
  endif
  return max([0, indent(l:above) + l:depth * shiftwidth()])
endfunction
