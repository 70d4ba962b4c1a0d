# Compiles config/packs/NAME/*.yaml into `target`, so that the binary needs no data files: a generated table of names
# and texts, read by config/packs/packs.cpp. Made again when a pack's file changes, appears or goes.
function(triaged_embed_packs target)
  file(GLOB packs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/config/packs/*/*.yaml)
  list(SORT packs)
  set(table ${CMAKE_BINARY_DIR}/generated/pack_table.cpp)
  set(list ${CMAKE_BINARY_DIR}/generated/pack_files.txt)
  list(JOIN packs "\n" lines)
  file(CONFIGURE OUTPUT ${list} CONTENT "${lines}" @ONLY)  # written only when it differs: a removed file counts too
  add_custom_command(
    OUTPUT ${table}
    COMMAND ${CMAKE_COMMAND} -DLIST=${list} -DROOT=${CMAKE_SOURCE_DIR}/config -DTABLE=${table}
            -P ${CMAKE_SOURCE_DIR}/cmake/write_pack_table.cmake
    DEPENDS ${packs} ${list} ${CMAKE_SOURCE_DIR}/cmake/write_pack_table.cmake
    COMMENT "Embedding the rule packs"
    VERBATIM)
  target_sources(${target} PRIVATE ${table})
endfunction()
