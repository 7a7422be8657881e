// Group and instance normalization. In the plain layout a group is one run of elements; in channels_last it is a stripe
// of every row, and sums are taken per channel over all rows first.
#include <algorithm>
#include <cmath>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/normalization/normalization_loops.h"
#include "backend/cpu/pointwise/output_epilogue.h"
#include "ops/nn/normalization.h"

namespace dvt::cpu {
namespace {

using namespace backend;
using Kind = ops::Normalization::Kind;

Support supports(const Problem& p, const Target&) {
  const auto* op = op_of<ops::Normalization>(p);
  if (!op) return not_this_op(p);
  if (op->kind != Kind::group && op->kind != Kind::instance) return Support::no("kind is not group or instance");
  if (auto no = needs_dtype(p, DType::f32)) return *no;
  if (!shared_layout(p)) return Support::no("layouts of input and output differ");
  if (auto no = OutputEpilogue::refusal(p)) return *no;
  return Support::yes();
}

/// Floats that the channels_last form needs: sums per thread, mean, factor and offset per channel.
size_t own_scratch(const Problem& p, const Target& t) {
  if (*shared_layout(p) == Layout::plain) return 0;
  return aligned_scratch(static_cast<size_t>(p.inputs[0].dims[1].max) * (static_cast<size_t>(t.threads) + 3) *
                         sizeof(float));
}

size_t workspace(const Problem& p, const Target& t) { return own_scratch(p, t) + OutputEpilogue(p, t).workspace(); }

struct Launch {
  const float* x;
  float* y;
  const float *scale, *bias;
  int64_t images, channels, spatial, groups;
  float epsilon;
};

void run_plain(ThreadPool& pool, const Launch& a, const NormalizationLoops& loops) {
  const int64_t per_group = a.channels / a.groups, n = per_group * a.spatial;
  parallel_for(pool, a.images * a.groups, 30 + 0.2 * static_cast<double>(n), [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const auto s = loops.statistics(a.x + item * n, n, a.epsilon, false);
      for (int64_t k = 0; k < per_group; ++k) {
        const int64_t channel = item % a.groups * per_group + k, at = item * n + k * a.spatial;
        const float factor = s.inverse * (a.scale ? a.scale[channel] : 1.0f);
        const float offset = (a.bias ? a.bias[channel] : 0.0f) - s.mean * factor;
        loops.apply_scalar(a.x + at, a.y + at, a.spatial, factor, offset);
      }
    }
  });
}

/// Channel sums of an image over all parts, into sums[0, channels).
void image_sums(ThreadPool& pool, const Launch& a, const NormalizationLoops& loops, int64_t most_parts, const float* x,
                const float* mean, float* sums) {
  const int64_t c = a.channels;
  const double total_ns = 0.1 * static_cast<double>(a.spatial * c);
  const int64_t parts = parts_for(total_ns, std::min<int64_t>({most_parts, pool.threads(), a.spatial}));
  const auto part_sums = [&](int64_t part, int) {
    const int64_t begin = a.spatial * part / parts, end = a.spatial * (part + 1) / parts;
    loops.channel_sums(x + begin * c, end - begin, c, mean, sums + part * c);
  };
  if (parts == 1) return part_sums(0, 0);
  pool.parallel_for(parts, part_sums);
  for (int64_t part = 1; part < parts; ++part)
    for (int64_t k = 0; k < c; ++k) sums[k] += sums[part * c + k];
}

/// Replaces each channel's value by its group's average, as `count` elements a channel make it.
template <class F>
void per_group(const Launch& a, const float* sums, const F& f) {
  const int64_t size = a.channels / a.groups;
  for (int64_t g = 0; g < a.groups; ++g) {
    double total = 0;
    for (int64_t k = 0; k < size; ++k) total += static_cast<double>(sums[g * size + k]);
    const auto average = static_cast<float>(total / static_cast<double>(size * a.spatial));
    for (int64_t k = g * size; k < (g + 1) * size; ++k) f(k, average);
  }
}

void run_channels_last(ThreadPool& pool, const Launch& a, const NormalizationLoops& loops, int64_t most_parts,
                       float* scratch) {
  const int64_t c = a.channels;
  float* mean = scratch;
  float* factor = mean + c;
  float* offset = factor + c;
  float* sums = offset + c;
  for (int64_t image = 0; image < a.images; ++image) {
    const float* x = a.x + image * a.spatial * c;
    float* y = a.y + image * a.spatial * c;
    image_sums(pool, a, loops, most_parts, x, nullptr, sums);
    per_group(a, sums, [&](int64_t k, float average) { mean[k] = average; });
    image_sums(pool, a, loops, most_parts, x, mean, sums);
    per_group(a, sums, [&](int64_t k, float variance) {
      factor[k] = (a.scale ? a.scale[k] : 1.0f) / std::sqrt(variance + a.epsilon);
      offset[k] = (a.bias ? a.bias[k] : 0.0f) - mean[k] * factor[k];
    });
    parallel_for(pool, a.spatial, 2 + 0.1 * static_cast<double>(c), [&](int64_t begin, int64_t end) {
      loops.apply_channels(x + begin * c, y + begin * c, end - begin, c, factor, offset);
    });
  }
}

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  const auto& op = *op_of<ops::Normalization>(p);
  return make_kernel([op, plain = *shared_layout(p) == Layout::plain, loops = normalization_loops(t),
                      threads = t.threads, scratch = own_scratch(p, t),
                      epilogue = OutputEpilogue(p, t)](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    if (volume(in) == 0) return;
    Launch a{};
    a.x = static_cast<const float*>(in.data);
    a.y = static_cast<float*>(args.outputs[0].data);
    a.scale = op.has_scale ? static_cast<const float*>(args.inputs[1].data) : nullptr;
    a.bias = op.has_bias ? static_cast<const float*>(args.inputs[1 + op.has_scale].data) : nullptr;
    a.images = in.dims[0];
    a.channels = in.dims[1];
    a.spatial = volume(in.dims + 2, in.rank - 2);
    a.groups = op.kind == Kind::instance ? a.channels : op.groups;
    a.epsilon = static_cast<float>(op.epsilon);
    if (plain)
      run_plain(*args.pool, a, loops);
    else
      run_channels_last(*args.pool, a, loops, threads, static_cast<float*>(args.workspace));
    epilogue.apply(args, static_cast<char*>(args.workspace) + scratch);
  });
}

}  // namespace

Tactic normalization_group() { return {.supports = supports, .workspace = workspace, .create = create}; }

}  // namespace dvt::cpu
