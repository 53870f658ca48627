# Shared by the scripts: go to the repository, build with ccache when it is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Where the build folders are.
builds=${GYRE_BUILDS:-build}
jobs=${GYRE_JOBS:-$(nproc)}
launcher=()
if command -v ccache >/dev/null; then
  # What ccache wants for files that are compiled with a precompiled header.
  export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache)
fi

# configure <build folder> <cmake options...>
configure() {
  local folder=$1
  shift
  cmake -S . -B "$folder" -G Ninja "${launcher[@]}" "$@" >/dev/null
}

# build <build folder> <ninja arguments...>
build() {
  local folder=$1
  shift
  cmake --build "$folder" --parallel "$jobs" "$@"
}
