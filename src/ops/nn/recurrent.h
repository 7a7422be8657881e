#pragma once
#include <string_view>

namespace dvt::ops {

enum class Direction { forward, reverse, bidirectional };
inline constexpr std::string_view kDirectionNames[] = {"forward", "reverse", "bidirectional"};
inline int num_directions(Direction d) { return d == Direction::bidirectional ? 2 : 1; }

}  // namespace dvt::ops
