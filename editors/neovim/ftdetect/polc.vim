autocmd BufRead,BufNewFile *.svc setfiletype polc
