# Writes OUTPUT, a header with kBuildTag: the version and a hash of the headers that the program and
# the shared objects that it loads must agree on. They are all below ROOT/include, and FILES.
# cmake -D OUTPUT= -D VERSION= -D ROOT= -D FILES=a;b -P build_tag.cmake
file(GLOB_RECURSE headers ${ROOT}/include/gyre/*.h)
list(SORT headers)
set(hashes)
foreach(header IN LISTS headers FILES)
  file(SHA256 ${header} hash)
  string(APPEND hashes ${hash})
endforeach()
string(SHA256 tag "${hashes}")
string(SUBSTRING ${tag} 0 16 tag)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#pragma once

namespace gyre {

/// Changes with what passes between this program and the shared objects that it loads.
inline constexpr char kBuildTag[] = \"${VERSION}-${tag}\";

}  // namespace gyre
")
