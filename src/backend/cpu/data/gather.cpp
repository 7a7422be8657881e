#include "ops/data/gather.h"

#include <algorithm>

#include "backend/cpu/common/index_input.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/copy_run.h"
#include "backend/cpu/data/nest_of.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::Gather>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  if (!is_index_type(p.inputs[1].dtype)) return Support::no("indices are not i32 or i64");
  return Support::yes();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  const int axis = *normalize_axis(op_of<ops::Gather>(p)->axis, p.inputs[0].rank());
  return make_kernel(
      [axis, element = mover_element(p.outputs[0].dtype), index_type = p.inputs[1].dtype](const LaunchArgs& args) {
        const TensorRef& in = args.inputs[0];
        const int64_t length = in.dims[axis];
        const int64_t indices = volume(args.inputs[1]);
        const int64_t outer = volume(in.dims, axis);
        const size_t row = static_cast<size_t>(volume(in.dims + axis + 1, in.rank - axis - 1)) * element;
        if (length == 0 || row == 0) return;
        const char* from = static_cast<const char*>(in.data);
        char* to = static_cast<char*>(args.outputs[0].data);
        const double item_ns = (row <= 8 ? 1.5 : 6) + static_cast<double>(row) / 8;
        for_run_of(row, [&](auto bytes) {
          parallel_for(*args.pool, outer * indices, item_ns, [&](int64_t begin, int64_t end) {
            int64_t block = begin / indices, k = begin % indices;
            for (int64_t item = begin; item < end; ++item) {
              int64_t index = read_index(index_type, args.inputs[1].data, k);
              if (index < 0) index += length;
              index = std::clamp<int64_t>(index, 0, length - 1);  // data decides it: must stay inside whatever it is
              copy_run<bytes()>(to + static_cast<size_t>(item) * row,
                                from + static_cast<size_t>(block * length + index) * row, row);
              if (++k < indices) continue;
              k = 0;
              ++block;
            }
          });
        });
      });
}

}  // namespace

Tactic gather_rows() { return {.version = 2, .supports = supports, .create = create}; }

}  // namespace dvt::cpu
