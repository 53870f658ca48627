#include "support/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "gyre/support/error.h"
#include "support/memory.h"

namespace gyre {
namespace {

TEST(Arena, HandsOutAlignedDisjointMemory) {
  Arena arena(1 << 20);
  const auto a = arena.take<std::uint32_t>(3);
  const auto b = arena.take<std::uint64_t>(100);
  for (const void* memory : std::initializer_list<const void*>{a.data(), b.data()}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % Arena::kAlignment, 0u);
  }
  EXPECT_EQ(arena.used(), Arena::bytes_of<std::uint32_t>(3) + Arena::bytes_of<std::uint64_t>(100));
  std::memset(a.data(), 1, a.size_bytes());
  std::memset(b.data(), 2, b.size_bytes());
  EXPECT_EQ(a[2], 0x01010101u);
  EXPECT_TRUE(arena.take<int>(0).empty());
}

TEST(Arena, ScopesGiveBackAndThePeakStays) {
  Arena arena(1 << 20);
  const std::uint64_t before = MemoryAccount::in_use();
  const auto kept = arena.take<std::byte>(64);
  const void* first = nullptr;
  {
    const Arena::Scope outer(arena);
    first = arena.take<std::byte>(128).data();
    {
      const Arena::Scope inner(arena);
      arena.take<std::byte>(256);
      EXPECT_EQ(MemoryAccount::in_use() - before, 64u + 128u + 256u);
    }
    EXPECT_EQ(arena.used(), 64u + 128u);
  }
  EXPECT_EQ(arena.used(), 64u);
  EXPECT_EQ(MemoryAccount::in_use() - before, 64u);
  EXPECT_EQ(arena.take<std::byte>(1).data(), first);
  EXPECT_EQ(arena.reset_peak(), 64u + 128u + 256u);
  EXPECT_EQ(arena.peak(), arena.used());
  EXPECT_EQ(kept.size(), 64u);
}

TEST(Arena, BeyondTheCapacityIsAResourceError) {
  Arena arena(1 << 21);
  arena.take<std::byte>(arena.capacity() - 64);
  try {
    arena.take<std::byte>(65);
    FAIL() << "took more than there is";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kResource);
    EXPECT_STREQ(error.what(), "out of memory: asked for 128 bytes, 64 of 2097152 are free");
  }
  EXPECT_EQ(arena.take<std::byte>(64).size(), 64u);
  Arena empty(0);
  EXPECT_THROW(empty.take<std::byte>(1), Error);
}

TEST(Arena, BuffersTakeFromIt) {
  Arena arena(1 << 20);
  const Arena::Scope scope(arena);
  Buffer<int> buffer(arena, 10), moved(std::move(buffer));
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(moved.size(), 10u);
  EXPECT_EQ(arena.used(), Arena::bytes_of<int>(10));
}

}  // namespace
}  // namespace gyre
