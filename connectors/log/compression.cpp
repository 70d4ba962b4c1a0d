#include "connectors/log/compression.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include <zstd.h>

#include "rules/model/check.hpp"

namespace triaged::log {
namespace {

// The fastest level that is not a negative one: alerts repeat themselves, and shrink tenfold at any level.
constexpr int kLevel = 1;
constexpr std::size_t kKeptRoom = std::size_t{8} << 20U;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

ZSTD_CCtx* make_context() {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, kLevel);
  // A byte that a disk changed often decompresses to something else.
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  return context;
}

}  // namespace

std::string compress(std::string_view text) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> kContext(make_context());
  // Frames are far smaller than what they might be: room for that is made once, not for each.
  thread_local std::string room;
  room.resize(std::max(room.size(), ZSTD_compressBound(text.size())));
  const std::size_t size = ZSTD_compress2(kContext.get(), room.data(), room.size(), text.data(), text.size());
  TRIAGED_CHECK(ZSTD_isError(size) == 0);
  std::string frame(room, 0, size);
  if (room.size() > kKeptRoom) std::string().swap(room);
  return frame;
}

std::optional<std::string> decompress(std::string_view frame, std::size_t most) {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> kContext(ZSTD_createDCtx());
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > most) return std::nullopt;
  std::string text;
  text.resize(size);
  const std::size_t got = ZSTD_decompressDCtx(kContext.get(), text.data(), text.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) != 0 || got != size) return std::nullopt;
  return text;
}

}  // namespace triaged::log
