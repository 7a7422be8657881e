#include "ops/data/gather_nd.h"

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
  if (!op_of<ops::GatherNd>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  if (!is_index_type(p.inputs[1].dtype)) return Support::no("indices are not i32 or i64");
  return Support::yes();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  return make_kernel([batch = static_cast<int>(op_of<ops::GatherNd>(p)->batch_dims),
                      element = mover_element(p.outputs[0].dtype), type = p.inputs[1].dtype](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const TensorRef& indices = args.inputs[1];
    const int depth = static_cast<int>(indices.dims[indices.rank - 1]);
    const int64_t tuples = volume(indices.dims, indices.rank - 1), batches = volume(in.dims, batch);
    const int64_t image = volume(in.dims + batch, in.rank - batch);
    const size_t run = static_cast<size_t>(volume(in.dims + batch + depth, in.rank - batch - depth)) * element;
    if (tuples == 0 || run == 0 || image == 0) return;
    int64_t strides[kMaxRank];
    dense_strides(in.dims, in.rank, Layout::plain, strides);
    const int64_t per_batch = tuples / batches;
    for_run_of(run, [&](auto bytes) {
      parallel_for(*args.pool, tuples, 3.0 * depth + static_cast<double>(run) / 8, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          int64_t offset = batches == 1 ? 0 : i / per_batch * image;
          for (int a = 0; a < depth; ++a) {
            const int64_t dim = in.dims[batch + a];
            int64_t index = read_index(type, indices.data, i * depth + a);
            if (index < 0) index += dim;
            offset += std::clamp<int64_t>(index, 0, dim - 1) * strides[batch + a];  // data decides it: must stay inside
          }
          copy_run<bytes()>(static_cast<char*>(args.outputs[0].data) + static_cast<size_t>(i) * run,
                            static_cast<const char*>(in.data) + static_cast<size_t>(offset) * element, run);
        }
      });
    });
  });
}

}  // namespace

Tactic gather_nd_rows() { return {.version = 2, .supports = supports, .create = create}; }

}  // namespace dvt::cpu
