# Compiles the commit that the sources are of into `target`: one small file, which is looked at in every build and written
# only when it differs. Without a git it is empty, unless -DTRIAGED_REVISION=… says it.
set(TRIAGED_REVISION "" CACHE STRING "What these sources are of; empty: what git says")
function(triaged_embed_revision target)
  set(file ${CMAKE_BINARY_DIR}/generated/revision.cpp)
  add_custom_target(
    triaged_revision
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -DFILE=${file} "-DREVISION=${TRIAGED_REVISION}"
            -P ${CMAKE_SOURCE_DIR}/cmake/write_revision.cmake
    BYPRODUCTS ${file}
    VERBATIM)
  target_sources(${target} PRIVATE ${file})
  add_dependencies(${target} triaged_revision)
endfunction()
