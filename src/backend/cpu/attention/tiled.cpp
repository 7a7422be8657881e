// Attention by blocks of queries: scores = q k^T and out = p v through the generated tile kernels, with the softmax
// between them while the block's scores are in cache.
#include <algorithm>

#include "backend/cpu/attention/attention_problem.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/matmul/pack.h"
#include "backend/cpu/pointwise/output_epilogue.h"

namespace dvt::cpu {
namespace {

using namespace backend;

constexpr int64_t kScoreBytes = 256 << 10;  // scores of a block of queries: a part of L2
constexpr int64_t kMostTiles = 8;           // tiles of queries in a block

Support supports(const Problem& p, const Target& t) {
  if (Support s = attention_supports(p); !s) return s;
  if (!t.can_jit) return Support::no("executable memory is denied");
  if (!t.has(Isa::kAvx2)) return Support::no("needs AVX2");
  if (auto no = OutputEpilogue::refusal(p)) return *no;
  return Support::yes();
}

jit::VectorIsa isa_of(const Target& t) { return t.has(Isa::kAvx512) ? jit::VectorIsa::kAvx512 : jit::VectorIsa::kAvx2; }

/// Sizes of a thread's scratch, for the largest shapes or those of a run.
struct Blocks {
  int64_t packed_floats, score_stride, queries;

  Blocks(jit::VectorIsa isa, int64_t keys, int64_t depth, int64_t all_queries) {
    const ColumnPanels panels{keys, jit::lanes(isa)};
    const int64_t lanes = jit::lanes(isa);
    packed_floats = (panels.packed_floats(depth) + 15) / 16 * 16;
    score_stride = std::max<int64_t>((keys + lanes - 1) / lanes * lanes, lanes);
    const int64_t rows = jit::max_tile_rows(isa);
    const int64_t tiles = std::clamp<int64_t>(kScoreBytes / (score_stride * 4 * rows), 1, kMostTiles);
    queries = std::min(tiles * rows, std::max<int64_t>(all_queries, 1));
  }
  int64_t bytes() const { return (packed_floats + (score_stride * queries + 15) / 16 * 16) * 4; }
};

size_t own_scratch(const Problem& p, const Target& t) {
  // More keys may mean fewer queries a block: the largest block of scores is bounded by one of kScoreBytes.
  const Blocks most(isa_of(t), keys_of(p).max, p.inputs[0].dims[3].max, queries_of(p).max);
  return static_cast<size_t>(most.bytes() + kScoreBytes) * static_cast<size_t>(t.threads);
}
size_t workspace(const Problem& p, const Target& t) { return own_scratch(p, t) + OutputEpilogue(p, t).workspace(); }

class TiledAttention final : public Kernel {
 public:
  TiledAttention(const Problem& p, const Target& t)
      : op_(*op_of<ops::Attention>(p)),
        mask_(AttentionLaunch::mask_of(p)),
        isa_(isa_of(t)),
        loops_(attention_loops(t)),
        threads_(t.threads),
        scratch_(own_scratch(p, t)),
        epilogue_(p, t) {
    const auto& width = p.inputs[2].dims[3];
    const int64_t rows = jit::max_tile_rows(isa_);
    std::vector<jit::TileForm> forms;
    for (int r = 1; r <= rows; ++r)
      for (int v = 1; v <= jit::kMaxTileVectors; ++v) forms.push_back({r, v, false});
    score_kernels_ = jit::TileKernels::get({isa_, jit::TileKind::kPacked, {}, {}}, forms);
    std::vector<jit::TileForm> mix_forms;
    for (int r = 1; r <= rows; ++r)
      for (const jit::TileForm& f : tile_forms(isa_, r, r, width.min, width.max)) mix_forms.push_back(f);
    mix_kernels_ = jit::TileKernels::get({isa_, jit::TileKind::kStrided, {}, {}}, mix_forms);
  }

  void run(const LaunchArgs& args) const noexcept override {
    const AttentionLaunch a(op_, mask_, args);
    if (a.batch * a.heads * a.queries * a.width == 0) return;
    const Blocks blocks(isa_, a.keys, a.depth, a.queries);
    // A task is one key head with some of the queries that read it: queries are only split when heads do not fill the
    // threads, because each task packs its keys anew.
    const int64_t key_heads = a.batch * a.groups, sharing = a.heads / a.groups;
    const int64_t block_count = (a.queries + blocks.queries - 1) / blocks.queries * sharing;
    const int64_t threads = std::min<int64_t>(threads_, args.pool->threads());
    const int64_t splits = std::clamp<int64_t>(key_heads >= 2 * threads ? 1 : 2 * threads / key_heads, 1, block_count);
    const double total_ns = 0.02 * static_cast<double>(a.batch * a.heads * a.queries * a.keys) *
                            static_cast<double>(a.depth + a.width + 10);
    const size_t thread_bytes = scratch_ / static_cast<size_t>(threads_);
    const int64_t tasks = key_heads * splits;
    const auto task = [&](int64_t index, int worker) {
      auto* scratch =
          reinterpret_cast<float*>(static_cast<char*>(args.workspace) + static_cast<size_t>(worker) * thread_bytes);
      const int64_t head = index / splits, split = index % splits;
      run_blocks(a, blocks, head, block_count * split / splits, block_count * (split + 1) / splits, scratch);
    };
    if (parts_for(total_ns, tasks) == 1 || threads < args.pool->threads()) {
      for (int64_t i = 0; i < tasks; ++i) task(i, 0);
    } else {
      args.pool->parallel_for(tasks, task);
    }
    epilogue_.apply(args, static_cast<char*>(args.workspace) + scratch_);
  }

 private:
  /// Blocks [begin, end) of the query heads that share a key head.
  void run_blocks(const AttentionLaunch& a, const Blocks& blocks, int64_t head, int64_t begin, int64_t end,
                  float* scratch) const {
    const ColumnPanels keys{a.keys, jit::lanes(isa_)};
    float* scores = scratch + blocks.packed_floats;
    pack_panels(a.keys_of(head), a.key_stride(), true, a.depth, keys, 0, keys.count(), scratch);
    const int64_t per_head = (a.queries + blocks.queries - 1) / blocks.queries, sharing = a.heads / a.groups;
    for (int64_t block = begin; block < end; ++block) {
      const int64_t b = head / a.groups, h = head % a.groups * sharing + block / per_head;
      const int64_t first = block % per_head * blocks.queries;
      const int64_t last = std::min(a.queries, first + blocks.queries);
      for (int64_t s = first, rows; s < last; s += rows) {
        rows = std::min<int64_t>(jit::max_tile_rows(isa_), last - s);
        float* tile = scores + (s - first) * blocks.score_stride;
        const float* q_rows[16];
        for (int64_t r = 0; r < rows; ++r) q_rows[r] = a.q_row(b, h, s + r);
        score_tile(a, keys, blocks, scratch, q_rows, rows, a.visible(s + rows - 1), tile);
        float factors[16];
        for (int64_t r = 0; r < rows; ++r)
          factors[r] = loops_.weights(a.row(b, h, s + r), tile + r * blocks.score_stride, a.visible(s + r),
                                      a.visible(s + rows - 1));
        mix_tile(a, blocks, tile, head, rows, a.visible(s + rows - 1), a.out_row(b, h, s));
        for (int64_t r = 0; r < rows; ++r) loops_.scale(a.out_row(b, h, s + r), factors[r], a.width);
      }
    }
  }

  /// scores[r][t] = q row r times key t, for the panels that hold the first `visible` keys.
  void score_tile(const AttentionLaunch& a, const ColumnPanels& keys, const Blocks& blocks, const float* packed,
                  const float* const* q_rows, int64_t rows, int64_t visible, float* scores) const {
    jit::TileArgs args;
    args.a_rows = q_rows;
    args.c_stride = blocks.score_stride * 4;
    args.set_depth(0, a.depth);
    for (int64_t p = 0; p * keys.width() < visible; ++p) {
      args.b = packed + p * keys.width() * a.depth;
      args.c = scores + p * keys.width();
      score_kernels_->find({static_cast<int>(rows), keys.vectors_of(p), false})(&args);
    }
  }

  /// out[r] = sum over the first `visible` keys of weight times value.
  void mix_tile(const AttentionLaunch& a, const Blocks& blocks, const float* scores, int64_t head, int64_t rows,
                int64_t visible, float* out) const {
    const float* p_rows[16];
    for (int64_t r = 0; r < rows; ++r) p_rows[r] = scores + r * blocks.score_stride;
    const ColumnPanels columns{a.width, jit::lanes(isa_)};
    jit::TileArgs args;
    args.a_rows = p_rows;
    args.b_stride = a.value_stride() * 4;
    args.c_stride = a.out_stride() * 4;
    args.set_depth(0, visible);
    for (int64_t p = 0; p < columns.count(); ++p) {
      args.b = a.values_of(head) + p * columns.width();
      args.c = out + p * columns.width();
      args.tail_lanes = columns.tail_lanes_of(p);
      mix_kernels_->find({static_cast<int>(rows), columns.vectors_of(p), args.tail_lanes != 0})(&args);
    }
  }

  ops::Attention op_;
  std::optional<DType> mask_;
  jit::VectorIsa isa_;
  AttentionLoops loops_;
  int threads_;
  size_t scratch_;
  OutputEpilogue epilogue_;
  std::shared_ptr<const jit::TileKernels> score_kernels_, mix_kernels_;
};

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) { return std::make_unique<TiledAttention>(p, t); }

}  // namespace

Tactic attention_tiled() { return {.supports = supports, .workspace = workspace, .create = create, .slices = true}; }

}  // namespace dvt::cpu
