#pragma once
#include <cstddef>
#include <vector>

namespace dvt::plan {

/// Makes the sizes and hashes of an altered plan right again, as whoever alters it on purpose would. Does what it can:
/// bytes that are no plan at all stay as they are.
void repair_hashes(std::vector<std::byte>& plan);

}  // namespace dvt::plan
