# The headers that generated kernels include, as text in the library: NVRTC has no files.
set(embedded_headers
  include/gyre/field/fp.h
  include/gyre/field/fp4.h
  src/backend/cuda/block_item.h
  src/backend/cuda/cuda_api.h
  src/backend/cuda/evaluation_items.h
  src/backend/cuda/totals.h
  src/backend/cuda/codegen/frame.h
  src/backend/cuda/codegen/operations.h)
set(embedded_headers_text "#include \"backend/cuda/codegen/embedded_headers.h\"\n\nnamespace gyre::cuda {\n\nconst std::vector<EmbeddedHeader>& embedded_headers() {\n  static const std::vector<EmbeddedHeader> headers = {\n")
foreach(header ${embedded_headers})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${header})
  file(READ ${PROJECT_SOURCE_DIR}/${header} text)
  string(REGEX REPLACE "^(include|src)/" "" name ${header})
  string(APPEND embedded_headers_text "{\"${name}\", R\"__HEADER__(${text})__HEADER__\"},\n")
endforeach()
string(APPEND embedded_headers_text "  };\n  return headers;\n}\n\n}  // namespace gyre::cuda\n")
set(embedded_headers_source ${CMAKE_CURRENT_BINARY_DIR}/embedded_headers.cc)
file(GENERATE OUTPUT ${embedded_headers_source} CONTENT "${embedded_headers_text}")
