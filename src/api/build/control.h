#pragma once
#include <string>
#include <utility>
#include <vector>

#include "api/build/construct.h"
#include "api/build/layer.h"

#include <dovetail/layers_control.h>

namespace dvt::api {

class RecurrenceLayer;

class Loop final : public ILoop, public Construct {
 public:
  explicit Loop(Network& network) : Construct(network, "loop") {}
  ~Loop() noexcept override = default;

  IRecurrenceLayer* addRecurrence(ITensor& initialValue) noexcept override;
  ITripLimitLayer* addTripLimit(ITensor& tensor, TripLimit limit) noexcept override;
  IIteratorLayer* addIterator(ITensor& tensor, int32_t axis, bool reverse) noexcept override;
  ILoopOutputLayer* addLoopOutput(ITensor& tensor, LoopOutput outputKind, int32_t axis) noexcept override;
  void setName(char const* name) noexcept override { set_name(name); }
  char const* getName() const noexcept override { return name().c_str(); }
};

class Conditional final : public IIfConditional, public Construct {
 public:
  explicit Conditional(Network& network) : Construct(network, "conditional") {}
  ~Conditional() noexcept override = default;

  IConditionLayer* setCondition(ITensor& condition) noexcept override;
  IIfConditionalOutputLayer* addOutput(ITensor& trueOutput, ITensor& falseOutput) noexcept override;
  IIfConditionalInputLayer* addInput(ITensor& input) noexcept override;
  void setName(char const* name) noexcept override { set_name(name); }
  char const* getName() const noexcept override { return name().c_str(); }
};

/// A layer on the border of a construct, with the interface's method that names it.
template <class Interface>
class LoopBoundary : public LayerOf<Interface> {
 public:
  LoopBoundary(Loop& loop, LayerType type, std::string_view type_name, std::vector<Tensor*> inputs, int num_outputs)
      : LayerOf<Interface>(loop.network(), type, type_name, std::move(inputs), num_outputs), loop_(loop) {}
  ILoop* getLoop() const noexcept override { return &loop_; }
  const Construct* construct() const override { return &loop_; }

 protected:
  Loop& loop_;
};

template <class Interface>
class ConditionalBoundary : public LayerOf<Interface> {
 public:
  ConditionalBoundary(Conditional& conditional, LayerType type, std::string_view type_name, std::vector<Tensor*> inputs,
                      int num_outputs)
      : LayerOf<Interface>(conditional.network(), type, type_name, std::move(inputs), num_outputs),
        conditional_(conditional) {}
  IIfConditional* getConditional() const noexcept override { return &conditional_; }
  const Construct* construct() const override { return &conditional_; }

 protected:
  Conditional& conditional_;
};

class RecurrenceLayer final : public LoopBoundary<IRecurrenceLayer> {
 public:
  RecurrenceLayer(Loop& loop, Tensor& initial)
      : LoopBoundary(loop, LayerType::kRECURRENCE, "Recurrence", {&initial}, 1) {}
  int max_inputs() const override { return 2; }
  bool stands_for_value() const override { return true; }
  std::vector<Tensor*> awaited() const override { return {input(0)}; }
  void lower(Lowering& graph) const override;

  /// Axes whose extent was found to change from one iteration to the next.
  bool varies(int axis) const {
    return axis < static_cast<int>(varying_.size()) && varying_[static_cast<size_t>(axis)];
  }
  /// Compares the next value's shape with the current one's; true when an axis was found to vary that was not known to.
  /// Throws Error(kInvalidModel) when the type or rank changes.
  bool learn();

 private:
  std::vector<bool> varying_;
};

class IteratorLayer final : public LoopBoundary<IIteratorLayer> {
 public:
  IteratorLayer(Loop& loop, Tensor& input, int32_t axis, bool reverse)
      : LoopBoundary(loop, LayerType::kITERATOR, "Iterator", {&input}, 1), axis_(axis), reverse_(reverse) {}
  bool stands_for_value() const override { return true; }
  void lower(Lowering& graph) const override;
  void setAxis(int32_t axis) noexcept override { set(axis_, axis); }
  int32_t getAxis() const noexcept override { return axis_; }
  void setReverse(bool reverse) noexcept override { set(reverse_, reverse); }
  bool getReverse() const noexcept override { return reverse_; }

 private:
  int32_t axis_;
  bool reverse_;
};

class TripLimitLayer final : public LoopBoundary<ITripLimitLayer> {
 public:
  TripLimitLayer(Loop& loop, Tensor& input, TripLimit limit)
      : LoopBoundary(loop, LayerType::kTRIP_LIMIT, "TripLimit", {&input}, 0), limit_(limit) {}
  void lower(Lowering&) const override {}
  TripLimit getTripLimit() const noexcept override { return limit_; }

 private:
  TripLimit limit_;
};

class LoopOutputLayer final : public LoopBoundary<ILoopOutputLayer> {
 public:
  LoopOutputLayer(Loop& loop, Tensor& input, LoopOutput kind, int32_t axis)
      : LoopBoundary(loop, LayerType::kLOOP_OUTPUT, "LoopOutput", {&input}, 1), kind_(kind), axis_(axis) {}
  int max_inputs() const override { return kind_ == LoopOutput::kLAST_VALUE ? 1 : 2; }
  bool stands_for_value() const override { return true; }
  /// All of the body, so that its carried shapes are known.
  std::vector<Tensor*> awaited() const override;
  void lower(Lowering& graph) const override;
  LoopOutput getLoopOutput() const noexcept override { return kind_; }
  void setAxis(int32_t axis) noexcept override { set(axis_, axis); }
  int32_t getAxis() const noexcept override { return axis_; }

 private:
  LoopOutput kind_;
  int32_t axis_;
};

class ConditionLayer final : public ConditionalBoundary<IConditionLayer> {
 public:
  ConditionLayer(Conditional& conditional, Tensor& input)
      : ConditionalBoundary(conditional, LayerType::kCONDITION, "Condition", {&input}, 0) {}
  void lower(Lowering&) const override {}
};

class ConditionalInputLayer final : public ConditionalBoundary<IIfConditionalInputLayer> {
 public:
  ConditionalInputLayer(Conditional& conditional, Tensor& input)
      : ConditionalBoundary(conditional, LayerType::kCONDITIONAL_INPUT, "ConditionalInput", {&input}, 1) {}
  void lower(Lowering& graph) const override { graph_identity(graph); }

 private:
  void graph_identity(Lowering& graph) const;
};

class ConditionalOutputLayer final : public ConditionalBoundary<IIfConditionalOutputLayer> {
 public:
  ConditionalOutputLayer(Conditional& conditional, Tensor& when_true, Tensor& when_false)
      : ConditionalBoundary(conditional, LayerType::kCONDITIONAL_OUTPUT, "ConditionalOutput", {&when_true, &when_false},
                            1) {}
  bool stands_for_value() const override { return true; }
  void lower(Lowering& graph) const override;
};

/// Thrown while the network is lowered flat when a carried shape was found to vary: what was derived is void.
struct LearnedShape {};

}  // namespace dvt::api
