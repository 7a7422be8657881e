#pragma once
#include <cstddef>

#include "base/blob.h"

namespace dvt {

/// Address space for `bytes` bytes of zeros that cost nothing until they are touched; in huge pages where the system
/// grants them to who asks, which spares thousands of page faults and look-ups. nullptr when there is none.
std::byte* reserve_memory(size_t bytes) noexcept;
void release_memory(std::byte* data, size_t bytes) noexcept;

/// Asks for huge pages in memory that was found otherwise and has not been touched.
void prefer_huge_pages(void* data, size_t bytes) noexcept;

/// Like Blob::allocate; large ones by reserve_memory(). Throws std::bad_alloc.
Blob allocate_large(size_t bytes, std::byte** data);
Blob copy_large(std::span<const std::byte> bytes);

}  // namespace dvt
