// Matmul without generated code, in any ISA and for every type whose products have loops: B in panels, A and C in
// blocks of scratch memory, the epilogue as a second pass.
#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/matmul/portable_epilogue.h"
#include "backend/cpu/matmul/portable_product.h"
#include "ops/matrix/matmul.h"

namespace dvt::cpu {

backend::Tactic matmul_jit_avx2();

namespace {

using namespace backend;

struct Matrices {
  bool transpose_a, transpose_b;
  int64_t products = 1, b_products = 1, rows = 0, columns = 0, depth = 0;

  Matrices(const ops::MatMul& op, const TensorRef& a, const TensorRef& b, const TensorRef& c)
      : transpose_a(op.transpose_a), transpose_b(op.transpose_b) {
    products = volume(c.dims, c.rank - 2);
    b_products = volume(b.dims, b.rank - 2);
    rows = c.dims[c.rank - 2];
    columns = c.dims[c.rank - 1];
    depth = a.dims[a.rank - (transpose_a ? 2 : 1)];
    if (b_products == 1 && !transpose_a) {  // one B for all: rows of every product follow each other
      rows *= products;
      products = 1;
    }
  }
};

Matrices at_max(const Problem& p) {
  const auto a = p.inputs[0].at_max(), b = p.inputs[1].at_max(), c = p.outputs[0].at_max();
  const auto ref = [](const std::vector<int64_t>& d) {
    return TensorRef{nullptr, d.data(), static_cast<int>(d.size())};
  };
  Matrices most(*p.op.as<ops::MatMul>(), ref(a), ref(b), ref(c));
  most.rows = std::max(most.rows, volume(c.data(), static_cast<int>(c.size()) - 1));  // smaller shapes may fold
  return most;
}

/// Which matrix of `t` product number `index` of the result reads, by broadcasting.
int64_t matrix_of(const TensorRef& t, const TensorRef& c, int64_t index) {
  int64_t at = 0, step = 1;
  for (int i = c.rank - 3; i >= 0; --i) {
    const int64_t position = index % c.dims[i];
    index /= c.dims[i];
    const int own = i - (c.rank - t.rank);
    if (own < 0) break;
    if (t.dims[own] != 1) at += position * step;
    step *= t.dims[own];
  }
  return at;
}

template <class T>
class PortableMatmul final : public Kernel {
 public:
  PortableMatmul(const Problem& p, const Target& t)
      : op_(*p.op.as<ops::MatMul>()),
        product_(t),
        epilogue_(p, t),
        load_a_(product_load(t, p.inputs[0].dtype)),
        load_b_(product_load(t, p.inputs[1].dtype)),
        store_(product_store(t, epilogue_.result_type())),
        a_element_(bits(p.inputs[0].dtype) / 8),
        b_element_(bits(p.inputs[1].dtype) / 8),
        element_(bits(epilogue_.result_type()) / 8),
        threads_(std::max(1, t.threads)),
        packed_(p.inputs[1].constant),
        a_in_place_(!op_.transpose_a && p.inputs[0].dtype == *sum_type(p.inputs[0].dtype)) {
    const Matrices most = at_max(p);
    b_elements_ = packed_ ? 0 : whole_lines(most.b_products * product_.packed_elements(most.depth, most.columns));
    a_elements_ = a_in_place_ ? 0 : product_.a_elements(most.rows, most.depth);
    c_elements_ = product_.c_elements(most.rows, most.columns);
  }

  size_t own_workspace() const {
    return static_cast<size_t>(b_elements_ + (a_elements_ + c_elements_) * threads_) * sizeof(T);
  }
  size_t workspace() const { return own_workspace() + epilogue_.workspace(); }

  void run(const LaunchArgs& args) const noexcept override {
    const Matrices m(op_, args.inputs[0], args.inputs[1], args.outputs[0]);
    if (m.products * m.rows * m.columns == 0) return;
    std::byte* epilogue_scratch = static_cast<std::byte*>(args.workspace) + own_workspace();
    const T* b = static_cast<const T*>(args.inputs[1].data);
    if (!packed_) b = pack_b(args, m);
    const ProductBlocks blocks = product_.blocks(m.rows, m.columns, m.depth, m.products, args.pool->threads());
    const double ns = 0.1 * static_cast<double>(m.products * m.rows * m.columns) * static_cast<double>(m.depth);
    std::byte* c = static_cast<std::byte*>(epilogue_.result(args, epilogue_scratch));
    run_tasks(*args.pool, m.products * blocks.tasks(), ns,
              [&](int64_t task, int worker) { run_task(args, m, blocks, b, c, task, worker); });
    epilogue_.apply(args, epilogue_scratch);
  }

  /// Packs matrix `i` of a constant B.
  void pack_constant(const std::byte* b, int64_t i, int64_t depth, int64_t columns, std::byte* to) const {
    pack_matrix(b + i * depth * columns * b_element_, depth, columns, 0,
                product_.padded(columns) / product_.loops().width,
                reinterpret_cast<T*>(to) + i * product_.packed_elements(depth, columns));
  }

 private:
  void pack_matrix(const std::byte* b, int64_t depth, int64_t columns, int64_t p0, int64_t p1, T* to) const noexcept {
    const int64_t row = op_.transpose_b ? 1 : columns, column = op_.transpose_b ? depth : 1;
    product_.pack(b, load_b_, b_element_, row, column, depth, columns, p0, p1, to, depth);
  }

  const T* pack_b(const LaunchArgs& args, const Matrices& m) const noexcept {
    T* packed = static_cast<T*>(args.workspace);
    const int64_t panels = product_.padded(m.columns) / product_.loops().width;
    run_tasks(
        *args.pool, m.b_products * panels, static_cast<double>(m.b_products * m.depth * m.columns),
        [&](int64_t task, int) {
          const int64_t i = task / panels, p = task % panels;
          const auto* from = static_cast<const std::byte*>(args.inputs[1].data) + i * m.depth * m.columns * b_element_;
          pack_matrix(from, m.depth, m.columns, p, p + 1, packed + i * product_.packed_elements(m.depth, m.columns));
        });
    return packed;
  }

  void run_task(const LaunchArgs& args, const Matrices& m, const ProductBlocks& blocks, const T* b, std::byte* c,
                int64_t task, int worker) const noexcept {
    const int64_t index = task / blocks.tasks(), part = task % blocks.tasks();
    const int64_t row = part % blocks.row_tasks * blocks.rows, rows = std::min(blocks.rows, m.rows - row);
    const int64_t column = part / blocks.row_tasks * blocks.columns;
    const int64_t columns = std::min(blocks.columns, m.columns - column), stride = product_.padded(columns);
    T* a_block = static_cast<T*>(args.workspace) + b_elements_ + worker * (a_elements_ + c_elements_);
    T* c_block = a_block + a_elements_;
    const auto* a = static_cast<const std::byte*>(args.inputs[0].data) +
                    matrix_of(args.inputs[0], args.outputs[0], index) * m.rows * m.depth * a_element_;
    const T* a_rows = a_block;
    if (a_in_place_)
      a_rows = reinterpret_cast<const T*>(a) + row * m.depth;
    else
      load_rows(a, m, row, rows, a_block);
    const T* panels = b +
                      matrix_of(args.inputs[1], args.outputs[0], index) * product_.packed_elements(m.depth, m.columns) +
                      column * m.depth;
    product_.multiply(a_rows, m.depth, panels, rows, columns, m.depth, c_block, stride);
    int64_t offsets[ProductBlocks::kMaxRows];
    for (int64_t r = 0; r < rows; ++r) offsets[r] = (index * m.rows + row + r) * m.columns + column;
    product_.store({store_, element_, c, offsets, 1}, c_block, stride, rows, columns);
  }

  void load_rows(const std::byte* a, const Matrices& m, int64_t row, int64_t rows, T* to) const noexcept {
    const int depth = static_cast<int>(m.depth);
    for (int64_t r = 0; r < rows; ++r)
      if (m.transpose_a)
        load_a_(a + (row + r) * a_element_, m.rows, to + r * m.depth, depth);
      else
        load_a_(a + (row + r) * m.depth * a_element_, 1, to + r * m.depth, depth);
  }

  ops::MatMul op_;
  PortableProduct<T> product_;
  PortableEpilogue epilogue_;
  LaneLoad load_a_, load_b_;
  LaneStore store_;
  int64_t a_element_, b_element_, element_, threads_;
  bool packed_, a_in_place_;
  int64_t a_elements_ = 0, b_elements_ = 0, c_elements_ = 0;
};

Support supports(const Problem& p, const Target& t) {
  if (!op_of<ops::MatMul>(p)) return not_this_op(p);
  if (t.kind != DeviceKind::cpu) return Support::no("target is not a CPU");
  if (auto no = needs_plain_layouts(p)) return *no;
  const auto a = sum_type(p.inputs[0].dtype), b = sum_type(p.inputs[1].dtype);
  if (!a || a != b) return Support::no(concat("no loops for ", to_string(p.inputs[0]), " by ", to_string(p.inputs[1])));
  if (p.inputs[1].constant && !p.inputs[1].is_static()) return Support::no("a constant has dims that are not");
  if (auto no = PortableEpilogue::refusal(p)) return *no;
  if (matmul_jit_avx2().supports(p, t)) return Support::no("generated code computes it");
  return Support::yes();
}

template <class F>
auto with_kernel(const Problem& p, const Target& t, const F& f) {
  return with_sum_type(*sum_type(p.inputs[0].dtype),
                       [&](auto sum) { return f(std::make_unique<PortableMatmul<decltype(sum)>>(p, t)); });
}

size_t workspace(const Problem& p, const Target& t) {
  return with_kernel(p, t, [](const auto& kernel) { return kernel->workspace(); });
}

size_t packed_bytes(const Problem& p, const Target& t, int input) {
  if (input != 1 || !p.inputs[1].constant) return 0;
  const Matrices m = at_max(p);
  return with_sum_type(*sum_type(p.inputs[0].dtype), [&](auto sum) {
    const PortableProduct<decltype(sum)> product(t);
    return static_cast<size_t>(m.b_products * product.packed_elements(m.depth, m.columns)) * sizeof(sum);
  });
}

void pack(const Problem& p, const Target& t, const PackArgs& args) {
  const auto dims = p.inputs[1].at_max();
  const bool transposed = p.op.as<ops::MatMul>()->transpose_b;
  const int64_t depth = dims[dims.size() - (transposed ? 1 : 2)], columns = dims[dims.size() - (transposed ? 2 : 1)];
  with_kernel(p, t, [&](const auto& kernel) {
    for (int64_t i = 0; i < volume(dims.data(), static_cast<int>(dims.size()) - 2); ++i)
      kernel->pack_constant(args.data.data(), i, depth, columns, args.packed.data());
    return 0;
  });
}

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  return with_kernel(p, t, [](auto kernel) -> std::unique_ptr<Kernel> { return kernel; });
}

}  // namespace

Tactic matmul_portable() {
  Tactic t;
  t.supports = supports;
  t.workspace = workspace;
  t.pack = pack;
  t.packed_bytes = packed_bytes;
  t.create = create;
  return t;
}

}  // namespace dvt::cpu
