# What every verb of ./dev shares: words on the terminal, Debian packages, the Python environment, CMake. Sourced, from the root.

export CCACHE_DIR=${CCACHE_DIR:-$HOME/.ccache}
# Two clones of the same sources share what was compiled.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=true
jobs=${DOVETAIL_JOBS:-$(nproc)}
venv=$root/.cache/venv
if [[ -z ${DOVETAIL_MODELS:-} && -d $root/../shared/models ]]; then
  DOVETAIL_MODELS=$(cd "$root/../shared/models" && pwd)
fi
export DOVETAIL_MODELS=${DOVETAIL_MODELS:-}

say() { echo "== $*"; }
die() { echo "dev: $*" >&2; exit 1; }

# step NAME COMMAND...: runs the command; when it fails, names it so that it can be repeated by itself.
step() {
  local name=$1 status=0
  shift
  say "$name"
  "$@" || status=$?
  if [[ $status -ne 0 ]]; then
    echo "dev: '$name' failed (exit $status). The command was:" >&2
    echo "  $(printf '%q ' "$@")" >&2
    return "$status"
  fi
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    die "needs root to run: $*   (run it as root, or install sudo)"
  fi
}

# need_packages [LIST...]: installs what is missing of the Debian packages in scripts/LIST (packages.txt when none is named);
# silent and quick when all are there.
need_packages() {
  local wanted missing
  [[ $# -gt 0 ]] || set -- packages.txt
  mapfile -t wanted < <(cat "${@/#/scripts/}" | sed 's/#.*//' | tr -s ' \t' '\n' | grep -v '^$')
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: expecting these to be installed by hand: ${wanted[*]}"
    return
  fi
  mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | sort -u))
  [[ ${#missing[@]} -gt 0 ]] || return 0
  say "installing ${#missing[@]} packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# A Python that can make virtual environments: Debian's first, because its version is the one CI uses.
find_python() {
  local python
  for python in ${DOVETAIL_PYTHON:+"$DOVETAIL_PYTHON"} /usr/bin/python3 python3; do
    if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$python"
      return
    fi
  done
  die "no Python 3.11 or later with the venv module; name one in DOVETAIL_PYTHON"
}

# need_python NAME...: the virtual environment with the pinned packages of scripts/requirements-NAME.txt.
need_python() {
  local name stamp python wanted
  python=$(find_python)
  wanted="$("$python" -c 'import sys; print(sys.version, sys.base_prefix)') $venv"
  if [[ ! -x $venv/bin/python || $(cat "$venv/made-by" 2>/dev/null) != "$wanted" ]]; then
    say "making the Python environment .cache/venv with $python"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    echo "$wanted" >"$venv/made-by"
  fi
  for name in "$@"; do
    stamp=$venv/installed-$name.txt
    cmp -s "scripts/requirements-$name.txt" "$stamp" && continue
    # The lists are closed under dependencies: --no-deps keeps what is not listed out.
    step "installing Python packages of scripts/requirements-$name.txt" \
      "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "scripts/requirements-$name.txt"
    cp "scripts/requirements-$name.txt" "$stamp"
  done
}

# configure PRESET: runs CMake when the preset's build folder has none yet; Ninja reruns it when its files change.
configure() {
  local preset=$1
  [[ -f build/$preset/build.ninja && build/$preset/CMakeCache.txt -nt CMakePresets.json ]] && return
  step "configuring build/$preset" cmake --preset "$preset"
  touch "build/$preset/CMakeCache.txt"
}

# build PRESET [TARGET...]: goes on past a target that fails, so that one run shows every error.
build() {
  local preset=$1
  shift
  need_python build || return  # the extension module is built where pybind11 is
  configure "$preset" || return
  step "building build/$preset${*:+: $*}" nice ninja -C "build/$preset" -j "$jobs" -k 0 "$@"
}
