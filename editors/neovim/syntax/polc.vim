" polc: who may talk to whom, as whom, over what. For Vim 8.2 and Neovim.
"
" A word that starts something in one block may be a name in another (`app`, `path`), so rules look
" for the places where a name is due: behind some words, a comma, a slash, an arrow.

if exists('b:current_syntax')
  finish
endif

" The words of the grammar; editors/generate.py writes these lines.
let s:declarations = 'cluster endpoint environment extern gateway group import namespace profile role service'
let s:statements = 'account allow api-server app base build builder can capability cidr cluster-wide cni command concurrency consent cookie cpu dns except exec extends fs-group grace grpc harden has header host-network image install internal istiod knative-activator knative-autoscaler knative-gateway known-as label memory mesh method owner path plain-text port probe query relax resources rollout rpc run scale select signal stop tcp timeout trust-domain user uses version when workload writes'
let s:connectives = 'and because from host in named on only to until via'
let s:before_names = 'account cluster cni consent dns endpoint environment extends from gateway group harden import in istiod knative-activator knative-autoscaler knative-gateway known-as mesh namespace on port probe profile relax role service to version via workload'
let s:reserved = 'account allow and because build can cluster concurrency endpoint environment extern from gateway group harden has host image import in named namespace on only port probe profile resources role rollout run scale select service stop timeout to until version via workload'
let s:in_blocks = 'api-server app base builder capability cidr cluster-wide cni command consent cookie cpu dns except exec extends fs-group grace grpc header host-network install internal istiod knative-activator knative-autoscaler knative-gateway known-as label memory mesh method nodes owner path plain-text query relax rpc signal tcp trust-domain user uses when writes'
let s:broad = 'any internet self'

" Patterns are very magic; where a word starts and ends is as in grammar/polc_grammar/tokens.lark.
let s:start = '%([-*_[:alnum:]]|\w\.)@2<!'
let s:end = '%([*_[:alnum:]]|-\>@!|\.[*_[:alnum:]]|:\x*:)@!'
let s:label = '[a-z]%([-a-z0-9]*[a-z0-9])?'
let s:name = s:label . '%(\.[a-z0-9]%([-a-z0-9]*[a-z0-9])?)*' . s:end
let s:number = '\d+%(\.\d+)?%([eE][-+]?\d+)?\w*'

function! s:Any(words) abort
  return '%(' . join(reverse(sort(copy(a:words))), '|') . ')'
endfunction

function! s:Match(group, pattern, ...) abort
  execute 'syntax match polc' . a:group . ' ;\v' . a:pattern . ';' join(a:000)
endfunction

" Words of a kind; behind some of them a name is due, of the group that `then` names.
function! s:Words(group, words, then) abort
  let l:before = split(s:before_names)
  for [l:want, l:next] in [[0, ''], [1, s:Then(a:then)]]
    let l:chosen = filter(split(a:words), {_, word -> (index(l:before, word) >= 0) == l:want})
    if !empty(l:chosen)
      call s:Match(a:group, s:start . s:Any(l:chosen) . s:end, l:next)
    endif
  endfor
endfunction

function! s:Then(...) abort
  return 'skipwhite skipempty nextgroup=' . join(map(copy(a:000), '"polc" . v:val'), ',') . ',polcRemark'
endfunction

let s:no_name = '%(' . s:Any(split(s:reserved . ' ' . s:broad)) . s:end . ')@!'
let s:next_statement = '%(' . s:Any(split(s:in_blocks)) . s:end . '\_s*["0-9])@!'

" Of two rules that match at one place, Vim takes the later one.
call s:Match('Name', s:start . s:name)
call s:Match('Brackets', '[{}[\]]')
call s:Match('Operator', '\.\.|[:\=]')
call s:Match('Number', s:start . s:number)
call s:Match('Number', s:start . '\d+%(\.\d+)?\%')
call s:Match('Number', s:start . '\d+%(-\d+)+' . s:end)
call s:Match('Number', s:start . '\d+%(\.\d+)?/\w+')
call s:Match('Number', s:start . '\d+%(\.\d+){2,}%(/\w*)?')
call s:Match('Number', s:start . '\x{,4}:\x{,4}:[0-9a-fA-F:.]*%(/\w*)?')
call s:Match('Constant', s:start . '[A-Z][A-Z0-9_]*' . s:end)

call s:Words('Declaration', s:declarations, 'Definition')
call s:Words('Statement', s:statements, 'Due')
call s:Match('Statement', s:start . 'nodes\ze\_s+\x*[.:]')
call s:Words('Connective', s:connectives, 'Due')
call s:Match('Broad', s:start . s:Any(split(s:broad)) . s:end)

" Names where they are due; `contained` rules count only where another one asks for them.
call s:Match('Due', s:no_name . s:name, 'contained')
call s:Match('Definition', s:no_name . s:name, 'contained')
call s:Match('Comma', ',', s:Then('Listed'))
call s:Match('Listed', s:no_name . s:next_statement . s:name, 'contained')
call s:Match('Operator', '/', s:Then('Part'))
call s:Match('Part', s:name, 'contained')
call s:Match('Operator', '-\>', s:Then('Due'))
call s:Match('Name', s:start . s:no_name . s:name . '\ze\s+[0-9.]+\%')

" port NAME [NUMBER ->] NUMBER[..NUMBER] NAME
call s:Match('Statement', s:start . 'port' . s:end, s:Then('PortName'))
call s:Match('PortName', s:no_name . s:name . '|"[^"]*"', 'contained', s:Then('PortNumber'))
call s:Match('PortNumber', s:number, 'contained', s:Then('PortMark', 'Due'))
call s:Match('PortMark', '-\>|\.\.', 'contained', s:Then('PortNumber'))

" workload KIND [NAME], and has role NAME
call s:Match('Statement', s:start . 'workload' . s:end, s:Then('Kind'))
call s:Match('Kind', s:no_name . s:name, 'contained', s:Then('Due'))
call s:Match('Statement', s:start . 'has' . s:end, s:Then('HasRole'))
call s:Match('HasRole', 'role' . s:end, 'contained', s:Then('Due'))

" group NAME { PEER, … }
call s:Match('Declaration', s:start . 'group' . s:end, s:Then('GroupName'))
call s:Match('GroupName', s:no_name . s:name, 'contained', s:Then('Peers'))
syntax region polcPeers contained transparent matchgroup=polcBrackets start=/{/ end=/}/
  \ contains=polcComment,polcString,polcBroad,polcComma,polcOperator,polcPeer,polcNamespace
call s:Match('Peer', s:no_name . s:name, 'contained')
call s:Match('Namespace', 'namespace' . s:end, 'contained', s:Then('Due'))

" { KEY: "VALUE", … }; a key may be any word.
call s:Match('Key', s:start . s:name . '\ze%(/' . s:name . ')?\s*:')

syntax region polcString start=/"/ skip=/\\./ end=/"/ oneline contains=polcEscape
syntax match polcEscape /\v\\%(["\\nt]|u\{\x{1,6}\})/ contained
syntax match polcComment /#.*/ contains=@Spell
call s:Match('Remark', '#.*', 'contained contains=@Spell', s:Then('Listed'))
syntax region polcBlock start=/{/ end=/}/ transparent fold contains=TOP
syntax sync fromstart

highlight default link polcDeclaration Structure
highlight default link polcNamespace Structure
highlight default link polcStatement Statement
highlight default link polcHasRole Statement
highlight default link polcConnective Keyword
highlight default link polcBroad Constant
highlight default link polcConstant Constant
highlight default link polcDefinition Function
highlight default link polcGroupName Function
highlight default link polcKey Identifier
highlight default link polcNumber Number
highlight default link polcPortNumber Number
highlight default link polcOperator Operator
highlight default link polcPortMark Operator
highlight default link polcString String
highlight default link polcEscape SpecialChar
highlight default link polcComment Comment
highlight default link polcRemark Comment

let b:current_syntax = 'polc'
