# What the scripts share; to be sourced. Leaves the caller in the root of the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*" >&2; }

# configure PRESET: only where it was not, or the presets changed since.
configure() {
  if [[ ! -f build/$1/build.ninja || CMakePresets.json -nt build/$1/build.ninja ]]; then
    say "configuring build/$1"
    cmake --preset "$1" >&2
  fi
}

# build PRESET [TARGET…]: what changed, or all.
build() {
  local preset=$1
  shift
  configure "$preset"
  say "building build/$preset${*:+ ($*)}"
  cmake --build "build/$preset" ${@:+--target "$@"} >&2
}
