#pragma once
#include "base/blob.h"

namespace dvt::api {

/// Plans in memory that engines of this process hold: one that is loaded again is held once, weights and all. Files
/// need none of this: their mappings share their pages. \threadsafety Any threads.

/// The plan as this process holds it already, or else a copy. The given bytes may go when the call returns.
Blob shared_copy(std::span<const std::byte> plan);
/// The same for bytes that belong to the caller anyway: these, where the process holds no others.
Blob shared(Blob plan);

}  // namespace dvt::api
