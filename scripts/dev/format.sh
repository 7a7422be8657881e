# format                      formats every C++ file in place

verb_format() {
  need_packages
  say "formatting C++ files"
  git ls-files -co --exclude-standard -- '*.h' '*.cpp' | while read -r file; do [[ -f $file ]] && echo "$file"; done |
    xargs -r clang-format-14 -i
}
