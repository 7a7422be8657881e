// Convolution and transposed convolution without generated code, in any ISA, layout and type whose products have loops:
// x as channels-last elements of the sums' type, windows gathered into rows of a matrix, the epilogue as a second pass.
#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/conv/portable_window.h"
#include "backend/cpu/matmul/portable_epilogue.h"
#include "backend/cpu/matmul/portable_product.h"
#include "ops/nn/deconv.h"

namespace dvt::cpu {

backend::Tactic conv_jit_avx2();
backend::Tactic conv_plain_avx2();
backend::Tactic conv_depthwise_plain_avx2();
backend::Tactic deconv_jit_avx2();

namespace {

using namespace backend;

/// How a window's sums are a product: columns are the filters of a group or, depthwise, all channels.
struct WindowProduct {
  bool depthwise;
  int64_t groups, columns, channels;  ///< Channels of one tap's part of a row.

  explicit WindowProduct(const PortableWindow& w)
      : depthwise(w.depthwise()),
        groups(depthwise ? 1 : w.fixed().groups),
        columns(depthwise ? w.fixed().filters : w.fixed().group_filters()),
        channels(depthwise ? w.fixed().channels : w.fixed().group_channels()) {}
};

template <class T>
int64_t packed_elements(const PortableWindow& w, const PortableProduct<T>& product) {
  const WindowProduct p(w);
  if (p.depthwise) return w.fixed().taps() * p.columns;
  return p.groups * product.packed_elements(w.fixed().taps() * p.channels, p.columns);
}

/// A filter in the order of the phases' taps: per group and phase panels of [tap][channel] rows; depthwise
/// [tap][channel].
template <class T>
void pack_filter(const PortableWindow& w, const PortableProduct<T>& product, LaneLoad load, int64_t element,
                 const std::byte* from, T* to) {
  const WindowProduct p(w);
  const int64_t panels = product.padded(p.columns) / product.loops().width;
  for (int64_t g = 0; g < p.groups; ++g)
    for (const WindowPhase& phase : w.phases()) {
      const int64_t depth = static_cast<int64_t>(phase.taps.size()) * p.channels;
      for (size_t t = 0; t < phase.taps.size(); ++t) {
        const std::byte* tap = from + (g * w.group_step() + phase.taps[t].index) * element;
        const auto row = static_cast<int64_t>(t) * p.channels;
        if (p.depthwise)
          load(tap, w.fixed().taps(), to + phase.first_tap * p.columns + row, static_cast<int>(p.columns));
        else
          product.pack(tap, load, element, w.channel_step(), w.filter_step(), p.channels, p.columns, 0, panels,
                       to + row * product.loops().width, depth);
      }
      if (!p.depthwise) to += product.packed_elements(depth, p.columns);
    }
}

template <class T>
class PortableConv final : public Kernel {
 public:
  PortableConv(const Problem& p, const Target& t)
      : window_(p),
        of_(window_),
        product_(t),
        epilogue_(p, t),
        load_(product_load(t, p.inputs[0].dtype)),
        store_(product_store(t, epilogue_.result_type())),
        x_element_(bits(p.inputs[0].dtype) / 8),
        element_(bits(epilogue_.result_type()) / 8),
        x_layout_(p.inputs[0].layout),
        y_layout_(p.outputs[0].layout),
        x_in_place_(p.inputs[0].dtype == *sum_type(p.inputs[0].dtype) &&
                    (x_layout_ == Layout::channels_last || !layout_matters(p.inputs[0]))) {
    const ConvShape most = window_.at(p.inputs[0].at_max().data(), p.outputs[0].at_max().data());
    const int64_t rows = most.images * most.out_pixels();
    threads_ = std::max(1, t.threads);
    x_elements_ = x_in_place_ ? 0 : whole_lines(most.images * most.in_pixels() * most.channels);
    a_elements_ = of_.depthwise ? 0 : product_.a_elements(rows, most.taps() * of_.channels);
    c_elements_ = product_.c_elements(rows, of_.columns);
  }

  size_t own_workspace() const {
    return static_cast<size_t>(x_elements_ + threads_ * (a_elements_ + c_elements_)) * sizeof(T);
  }
  size_t workspace() const { return own_workspace() + epilogue_.workspace(); }

  void run(const LaunchArgs& args) const noexcept override {
    Run r{args, window_.at(args.inputs[0].dims, args.outputs[0].dims)};
    if (r.s.images * r.s.out_pixels() * r.s.filters == 0) return;
    std::byte* scratch = static_cast<std::byte*>(args.workspace) + own_workspace();
    r.x = x_in_place_ ? static_cast<const T*>(args.inputs[0].data) : rewrite_x(r);
    r.y = static_cast<std::byte*>(epilogue_.result(args, scratch));
    for (const WindowPhase& phase : window_.phases()) run_phase(r, phase);
    epilogue_.apply(args, scratch);
  }

 private:
  struct Run {
    const LaunchArgs& args;
    ConvShape s;
    const T* x = nullptr;
    std::byte* y = nullptr;
  };
  /// A block of result pixels: where each window begins in x, and where its result goes.
  struct Block {
    int64_t first = 0, rows = 0;
    int64_t image[ProductBlocks::kMaxRows];
    std::array<int64_t, 3> origin[ProductBlocks::kMaxRows];
    int64_t to[ProductBlocks::kMaxRows];
  };

  // x as channels-last elements of type T.
  const T* rewrite_x(const Run& r) const noexcept {
    constexpr int64_t kPixels = 64;
    T* out = static_cast<T*>(r.args.workspace);
    const auto* x = static_cast<const std::byte*>(r.args.inputs[0].data);
    const int64_t pixels = r.s.in_pixels(), channels = r.s.channels, pieces = (pixels + kPixels - 1) / kPixels;
    run_tasks(*r.args.pool, r.s.images * pieces, static_cast<double>(r.s.images * pixels * channels),
              [&](int64_t task, int) {
                const int64_t image = task / pieces, first = task % pieces * kPixels;
                const int64_t count = std::min(kPixels, pixels - first), base = image * pixels * channels;
                T* to = out + base + first * channels;
                if (x_layout_ == Layout::channels_last) {
                  load_(x + (base + first * channels) * x_element_, 1, to, static_cast<int>(count * channels));
                  return;
                }
                T line[kPixels];
                for (int64_t c = 0; c < channels; ++c) {
                  load_(x + (base + c * pixels + first) * x_element_, 1, line, static_cast<int>(count));
                  for (int64_t i = 0; i < count; ++i) to[i * channels + c] = line[i];
                }
              });
    return out;
  }

  void run_phase(const Run& r, const WindowPhase& phase) const noexcept {
    const int64_t rows = r.s.images * phase.count(r.s, 0) * phase.count(r.s, 1) * phase.count(r.s, 2);
    if (rows == 0) return;
    const auto taps = static_cast<int64_t>(phase.taps.size());
    const int64_t depth = taps * of_.channels;
    const ProductBlocks blocks =
        product_.blocks(rows, of_.columns, of_.depthwise ? taps : depth, of_.groups, r.args.pool->threads());
    const double ns = static_cast<double>(rows * of_.groups * of_.columns) *
                      (1 + 0.1 * static_cast<double>(of_.depthwise ? taps : depth));
    run_tasks(*r.args.pool, of_.groups * blocks.tasks(), ns, [&](int64_t task, int worker) {
      const int64_t group = task / blocks.tasks(), part = task % blocks.tasks();
      const int64_t column = part / blocks.row_tasks * blocks.columns;
      const int64_t columns = std::min(blocks.columns, of_.columns - column), stride = product_.padded(columns);
      Block block;
      block.first = part % blocks.row_tasks * blocks.rows;
      block.rows = std::min(blocks.rows, rows - block.first);
      locate(r.s, phase, group * of_.columns + column, block);
      T* a = static_cast<T*>(r.args.workspace) + x_elements_ + worker * (a_elements_ + c_elements_);
      T* c = a + a_elements_;
      const T* w = static_cast<const T*>(r.args.inputs[1].data);
      if (of_.depthwise)
        sum_channels(r, phase, block, w + phase.first_tap * of_.columns + column, column, columns, c, stride);
      else
        sum_windows(r, phase, block, group, w, column, columns, a, c, stride);
      const int64_t step = y_layout_ == Layout::channels_last ? 1 : r.s.out_pixels();
      product_.store({store_, element_, r.y, block.to, step}, c, stride, block.rows, columns);
    });
  }

  void locate(const ConvShape& s, const WindowPhase& phase, int64_t filter, Block& block) const noexcept {
    const int64_t n[] = {phase.count(s, 0), phase.count(s, 1), phase.count(s, 2)};
    for (int64_t r = 0; r < block.rows; ++r) {
      const int64_t row = block.first + r;
      const int64_t at[] = {row / (n[1] * n[2]) % n[0], row / n[2] % n[1], row % n[2]};
      int64_t pixel = 0;
      for (size_t a = 0; a < 3; ++a) {
        block.origin[r][a] = at[a] * phase.in_step[a] - s.pad[a];
        pixel = pixel * s.out[a] + phase.out_begin[a] + at[a] * phase.out_step[a];
      }
      block.image[r] = row / (n[0] * n[1] * n[2]);
      block.to[r] = y_layout_ == Layout::channels_last ? (block.image[r] * s.out_pixels() + pixel) * s.filters + filter
                                                       : (block.image[r] * s.filters + filter) * s.out_pixels() + pixel;
    }
  }

  // The first channel of the pixel that a tap reads; nullptr on the padding.
  static const T* pixel_of(const Run& r, const Block& block, int64_t row, const WindowTap& tap) noexcept {
    int64_t pixel = block.image[row];
    for (size_t a = 0; a < 3; ++a) {
      const int64_t i = block.origin[row][a] + tap.shift[a];
      if (i < 0 || i >= r.s.in[a]) return nullptr;
      pixel = pixel * r.s.in[a] + i;
    }
    return r.x + pixel * r.s.channels;
  }

  void sum_windows(const Run& r, const WindowPhase& phase, const Block& block, int64_t group, const T* w,
                   int64_t column, int64_t columns, T* a, T* c, int64_t c_stride) const noexcept {
    const int64_t channels = of_.channels, depth = static_cast<int64_t>(phase.taps.size()) * channels;
    T* to = a;
    for (int64_t row = 0; row < block.rows; ++row)
      for (const WindowTap& tap : phase.taps) {
        const T* from = pixel_of(r, block, row, tap);
        if (from)
          std::copy_n(from + group * channels, channels, to);
        else
          std::fill_n(to, channels, T{0});
        to += channels;
      }
    w += group * product_.packed_elements(r.s.taps() * channels, of_.columns) +
         product_.packed_elements(phase.first_tap * channels, of_.columns) + column * depth;
    product_.multiply(a, depth, w, block.rows, columns, depth, c, c_stride);
  }

  void sum_channels(const Run& r, const WindowPhase& phase, const Block& block, const T* w, int64_t column,
                    int64_t columns, T* c, int64_t c_stride) const noexcept {
    for (int64_t row = 0; row < block.rows; ++row, c += c_stride) {
      std::fill_n(c, columns, T{0});
      for (size_t t = 0; t < phase.taps.size(); ++t)
        if (const T* from = pixel_of(r, block, row, phase.taps[t]))
          product_.loops().multiply_add(from + column, w + static_cast<int64_t>(t) * of_.columns, c,
                                        static_cast<int>(columns));
    }
  }

  PortableWindow window_;
  WindowProduct of_;
  PortableProduct<T> product_;
  PortableEpilogue epilogue_;
  LaneLoad load_;
  LaneStore store_;
  int64_t x_element_, element_, threads_ = 1;
  Layout x_layout_, y_layout_;
  bool x_in_place_;
  int64_t x_elements_ = 0, a_elements_ = 0, c_elements_ = 0;
};

Support window_supports(const Problem& p, const Target& t) {
  if (t.kind != DeviceKind::cpu) return Support::no("target is not a CPU");
  if (std::string reason = PortableWindow::refusal(p); !reason.empty()) return Support::no(std::move(reason));
  const auto x = sum_type(p.inputs[0].dtype), w = sum_type(p.inputs[1].dtype);
  if (!x || x != w) return Support::no(concat("no loops for ", to_string(p.inputs[0]), " by ", to_string(p.inputs[1])));
  if (auto no = PortableEpilogue::refusal(p)) return *no;
  return Support::yes();
}

Support conv_supports(const Problem& p, const Target& t) {
  if (!op_of<ops::Conv>(p)) return not_this_op(p);
  for (const Tactic& generated : {conv_jit_avx2(), conv_plain_avx2(), conv_depthwise_plain_avx2()})
    if (generated.supports(p, t)) return Support::no("generated code computes it");
  return window_supports(p, t);
}

Support deconv_supports(const Problem& p, const Target& t) {
  if (!op_of<ops::Deconv>(p)) return not_this_op(p);
  // Generated code has no plain result, and rewriting its channels-last one costs less than these loops.
  const Tactic generated = deconv_jit_avx2();
  Problem channels_last = p;
  channels_last.outputs[0].layout = Layout::channels_last;
  for (const Problem* problem : std::initializer_list<const Problem*>{&p, &channels_last})
    if (generated.supports(*problem, t)) return Support::no("generated code computes it into channels_last");
  return window_supports(p, t);
}

template <class F>
auto with_type(const Problem& p, const F& f) {
  return with_sum_type(*sum_type(p.inputs[0].dtype), f);
}

size_t workspace(const Problem& p, const Target& t) {
  return with_type(p, [&](auto sum) { return PortableConv<decltype(sum)>(p, t).workspace(); });
}

size_t packed_bytes(const Problem& p, const Target& t, int input) {
  if (input != 1) return 0;
  return with_type(p, [&](auto sum) {
    const PortableProduct<decltype(sum)> product(t);
    return static_cast<size_t>(packed_elements(PortableWindow(p), product)) * sizeof(sum);
  });
}

void pack(const Problem& p, const Target& t, const PackArgs& args) {
  std::fill(args.packed.begin(), args.packed.end(), std::byte{0});
  with_type(p, [&](auto sum) {
    const PortableProduct<decltype(sum)> product(t);
    const DType type = p.inputs[1].dtype;
    pack_filter(PortableWindow(p), product, product_load(t, type), bits(type) / 8, args.data.data(),
                reinterpret_cast<decltype(sum)*>(args.packed.data()));
    return 0;
  });
}

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  return with_type(
      p, [&](auto sum) -> std::unique_ptr<Kernel> { return std::make_unique<PortableConv<decltype(sum)>>(p, t); });
}

Tactic tactic_with(Support (*supports)(const Problem&, const Target&)) {
  Tactic t;
  t.supports = supports;
  t.workspace = workspace;
  t.pack = pack;
  t.packed_bytes = packed_bytes;
  t.create = create;
  t.work = 1;
  return t;
}

}  // namespace

Tactic conv_portable() { return tactic_with(conv_supports); }
Tactic deconv_portable() { return tactic_with(deconv_supports); }

}  // namespace dvt::cpu
