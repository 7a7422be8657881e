#pragma once
#include <optional>
#include <vector>

#include "backend/cpu/jit/expr_emitter.h"
#include "backend/cpu/jit/tile_kernel.h"

namespace dvt::cpu::jit {

/// Emits one tile kernel. Vector registers: the accumulators first, then `vectors` of B, one broadcast of A and, with
/// AVX2, the mask of the last vector in the highest register. During the epilogue all but accumulators and mask are
/// free.
class TileGenerator {
 public:
  TileGenerator(Assembler& as, const TileSpec& spec, const TileForm& form);
  void emit();

 private:
  int rows() const { return form_.rows; }
  int vectors() const { return form_.vectors; }
  bool masked(int v) const { return form_.masked && v == vectors() - 1; }
  Vec accumulator(int row, int v, int set = 0) const;
  Vec b(int v) const { return as_.vec(rows() * vectors() * sets_ + v); }
  Vec broadcast() const { return as_.vec(rows() * vectors() * sets_ + vectors()); }
  Vec mask() const { return as_.vec(vector_registers(as_.isa()) - 1); }

  void enter();
  void leave();
  void load_mask();
  void emit_segments();
  void emit_depthwise();
  void emit_window_row();
  bool on_padding(int row, int tap) const;
  void add_product(int row, int v, const Vec& b, const Xbyak::RegExp& a);
  void emit_depth_loop();
  void emit_depth_step(int unrolled);
  bool by_column() const {
    return spec_.kind == TileKind::kDepthwise || spec_.kind == TileKind::kPlane || spec_.kind == TileKind::kWindowRow;
  }
  bool strided() const { return spec_.kind == TileKind::kStrided; }
  bool shifted() const { return spec_.kind == TileKind::kShifted; }
  /// Bytes from a row of B to the next, where kernels know it.
  int b_row_bytes() const { return shifted() ? 4 : vectors() * as_.vector_bytes(); }
  void load_b(int v, int unrolled);
  void sum_sets();
  void add_previous();
  void store_plain();
  void emit_epilogue();
  void epilogue_in_registers(ExprEmitter& emitter);
  void epilogue_row_loop(ExprEmitter& emitter);
  void load_operand(int k, int v, const Vec& dest);
  void begin_rows();
  void next_row();
  Xbyak::RegExp c(int v) const;
  void load_masked(const Vec& dest, const Xbyak::RegExp& address, bool last_vector);
  void store_masked(const Xbyak::RegExp& address, const Vec& value, bool last_vector);
  std::vector<int> free_registers(int from) const;

  Assembler& as_;
  const TileSpec& spec_;
  TileForm form_;
  int sets_;  // independent copies of the accumulators, to hide the latency of small tiles
  std::optional<ExprEmitter> emitter_;
  int spill_area_ = 0, tile_area_ = 0, slots_ = 0, frame_ = 0;  // offsets into the frame
};

}  // namespace dvt::cpu::jit
