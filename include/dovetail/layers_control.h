#pragma once

#include <dovetail/layer.h>
#include <dovetail/plugin_field.h>

namespace DOVETAIL_NAMESPACE {

/// An operator that has no layer of its own (INetworkDefinition::addOperator).
class IOperatorLayer : public ILayer {
 public:
  virtual char const* getDomain() const noexcept = 0;
  virtual char const* getOperator() const noexcept = 0;
  /// The attributes as one line of text, in the form of problem strings: "{axis=-1}".
  virtual char const* getAttributes() const noexcept = 0;

 protected:
  ~IOperatorLayer() noexcept override = default;
};

class ILoop;
class IIfConditional;

/// A layer on the border between a loop's body and what is around it.
class ILoopBoundaryLayer : public ILayer {
 public:
  virtual ILoop* getLoop() const noexcept = 0;

 protected:
  ~ILoopBoundaryLayer() noexcept override = default;
};

/// A value carried from one iteration to the next: input 0 first, then input 1.
class IRecurrenceLayer : public ILoopBoundaryLayer {
 protected:
  ~IRecurrenceLayer() noexcept override = default;
};

enum class LoopOutput : int32_t { kLAST_VALUE = 0, kCONCATENATE = 1, kREVERSE = 2 };
DOVETAIL_ENUM_MAX(LoopOutput, 3)

/// A value that leaves a loop. Input 1 (0-D) is the length for the concatenating kinds.
class ILoopOutputLayer : public ILoopBoundaryLayer {
 public:
  virtual LoopOutput getLoopOutput() const noexcept = 0;
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;

 protected:
  ~ILoopOutputLayer() noexcept override = default;
};

enum class TripLimit : int32_t { kCOUNT = 0, kWHILE = 1 };
DOVETAIL_ENUM_MAX(TripLimit, 2)

class ITripLimitLayer : public ILoopBoundaryLayer {
 public:
  virtual TripLimit getTripLimit() const noexcept = 0;

 protected:
  ~ITripLimitLayer() noexcept override = default;
};

/// The slice of a tensor that belongs to the current iteration.
class IIteratorLayer : public ILoopBoundaryLayer {
 public:
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
  virtual void setReverse(bool reverse) noexcept = 0;
  virtual bool getReverse() const noexcept = 0;

 protected:
  ~IIteratorLayer() noexcept override = default;
};

/// A body that is run repeatedly. Owned by its network.
class ILoop : public INoCopy {
 public:
  virtual IRecurrenceLayer* addRecurrence(ITensor& initialValue) noexcept = 0;
  virtual ITripLimitLayer* addTripLimit(ITensor& tensor, TripLimit limit) noexcept = 0;
  virtual IIteratorLayer* addIterator(ITensor& tensor, int32_t axis = 0, bool reverse = false) noexcept = 0;
  virtual ILoopOutputLayer* addLoopOutput(ITensor& tensor, LoopOutput outputKind, int32_t axis = 0) noexcept = 0;
  virtual void setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;

 protected:
  virtual ~ILoop() noexcept = default;
};

class IIfConditionalBoundaryLayer : public ILayer {
 public:
  virtual IIfConditional* getConditional() const noexcept = 0;

 protected:
  ~IIfConditionalBoundaryLayer() noexcept override = default;
};

class IConditionLayer : public IIfConditionalBoundaryLayer {
 protected:
  ~IConditionLayer() noexcept override = default;
};

class IIfConditionalOutputLayer : public IIfConditionalBoundaryLayer {
 protected:
  ~IIfConditionalOutputLayer() noexcept override = default;
};

class IIfConditionalInputLayer : public IIfConditionalBoundaryLayer {
 protected:
  ~IIfConditionalInputLayer() noexcept override = default;
};

/// Two branches of which one is run. Owned by its network.
class IIfConditional : public INoCopy {
 public:
  /// \param condition  0-D kBOOL.
  virtual IConditionLayer* setCondition(ITensor& condition) noexcept = 0;
  virtual IIfConditionalOutputLayer* addOutput(ITensor& trueSubgraphOutput, ITensor& falseSubgraphOutput) noexcept = 0;
  virtual IIfConditionalInputLayer* addInput(ITensor& input) noexcept = 0;
  virtual void setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;

 protected:
  virtual ~IIfConditional() noexcept = default;
};

}  // namespace DOVETAIL_NAMESPACE
