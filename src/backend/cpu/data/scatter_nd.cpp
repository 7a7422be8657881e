#include "ops/data/scatter_nd.h"

#include <cstring>

#include "backend/cpu/common/index_input.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/nest_of.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::ScatterNd>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  if (!is_index_type(p.inputs[1].dtype)) return Support::no("indices are not i32 or i64");
  if (op_of<ops::ScatterNd>(p)->reduction != ops::ScatterReduction::none)
    return Support::no("combines with what is there");
  return Support::yes();
}

// Rows are written one after the other, so that of two for one place the later one stays. Where input and output are
// the same memory, which a user may arrange, nothing is copied but the rows.
std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  return make_kernel([element = mover_element(p.outputs[0].dtype), type = p.inputs[1].dtype](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const TensorRef& indices = args.inputs[1];
    auto* out = static_cast<char*>(args.outputs[0].data);
    if (out != in.data) copy_bytes(*args.pool, out, in.data, static_cast<size_t>(volume(in)) * element);
    const int depth = static_cast<int>(indices.dims[indices.rank - 1]);
    const int64_t tuples = volume(indices.dims, indices.rank - 1);
    const size_t run = static_cast<size_t>(volume(in.dims + depth, in.rank - depth)) * element;
    int64_t strides[kMaxRank];
    dense_strides(in.dims, in.rank, Layout::plain, strides);
    for (int64_t i = 0; i < tuples; ++i) {
      int64_t offset = 0;
      bool inside = true;
      for (int a = 0; a < depth; ++a) {
        int64_t index = read_index(type, indices.data, i * depth + a);
        if (index < 0) index += in.dims[a];
        inside = inside && index >= 0 && index < in.dims[a];
        if (inside) offset += index * strides[a];
      }
      if (inside)
        std::memcpy(out + static_cast<size_t>(offset) * element,
                    static_cast<const char*>(args.inputs[2].data) + static_cast<size_t>(i) * run, run);
    }
  });
}

}  // namespace

Tactic scatter_nd_rows() { return {.supports = supports, .create = create}; }

}  // namespace dvt::cpu
