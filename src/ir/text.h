#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "ir/graph.h"

namespace dvt::ir {

struct PrintOptions {
  bool types = false;    ///< Also write each result's type: "%y : f32[1,8] = …".
  bool origins = false;  ///< Also write "  # from: a, b" after each node.
};

/// The graph as text, one line an input, constant, node and output, in order. Constants up to 16 elements or with one
/// repeated element are written out; others as a hash, which parse() refuses.
///
///     input  %x : f32[batch,8,4,4]
///     const  %w : f32[16,8,3,3] = splat 1
///     dims   %n : i64[2] = [batch,2*seq]
///     %y = conv{pads_begin=[1,1],pads_end=[1,1]}(%x, %w; %b) | (f32,f32) relu(add($0,$1))
///     %z = non_zero(%y) late [?z_0]
///     output %y
///
/// The regions of a node follow in braces, each behind the word "region":
///
///     %r = if_else{scope="?if"}(%c, %x) {
///     region
///       input  %?if.x : f32[batch,8]
///       output %?if.x
///     region
///       …
///     }
std::string print(const Graph& g, const PrintOptions& options = {});
/// The line that defines the value of that name ("%z"), for tests; "" when there is none.
std::string line(const Graph& g, std::string_view value);
/// Reads print()'s form. Throws Error(kInvalidArgument) with the line number. Limits: 16 MiB, 1e6 lines.
std::unique_ptr<Graph> parse(std::string_view text);

}  // namespace dvt::ir
