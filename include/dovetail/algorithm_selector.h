#pragma once

#include <cstddef>

#include <dovetail/types.h>

namespace DOVETAIL_NAMESPACE {

/// How an algorithm takes or gives one tensor.
class IAlgorithmIOInfo : public INoCopy {
 public:
  virtual DataType getDataType() const noexcept = 0;
  /// In elements.
  virtual Dims getStrides() const noexcept = 0;
  /// -1 when no dimension is packed; the count is then 1.
  virtual int64_t getVectorizedDim() const noexcept = 0;
  virtual int64_t getComponentsPerElement() const noexcept = 0;

 protected:
  virtual ~IAlgorithmIOInfo() noexcept = default;
};

/// Which algorithm: numbers that stand for a tactic and its version.
class IAlgorithmVariant : public INoCopy {
 public:
  virtual int64_t getImplementation() const noexcept = 0;
  virtual int64_t getTactic() const noexcept = 0;

 protected:
  virtual ~IAlgorithmVariant() noexcept = default;
};

/// What a choice of algorithm is about: a layer and its shapes.
class IAlgorithmContext : public INoCopy {
 public:
  virtual char const* getName() const noexcept = 0;
  /// \param index  Of an input or output, inputs first.
  virtual Dims getDimensions(int32_t index, OptProfileSelector select) const noexcept = 0;
  virtual int32_t getNbInputs() const noexcept = 0;
  virtual int32_t getNbOutputs() const noexcept = 0;

 protected:
  virtual ~IAlgorithmContext() noexcept = default;
};

/// One way to compute a layer.
class IAlgorithm : public INoCopy {
 public:
  virtual IAlgorithmVariant const& getAlgorithmVariant() const noexcept = 0;
  virtual float getTimingMSec() const noexcept = 0;
  virtual std::size_t getWorkspaceSize() const noexcept = 0;
  /// nullptr when index is out of range.
  virtual IAlgorithmIOInfo const* getAlgorithmIOInfoByIndex(int32_t index) const noexcept = 0;

  IAlgorithmIOInfo const& getAlgorithmIOInfo(int32_t index) const noexcept { return *getAlgorithmIOInfoByIndex(index); }

 protected:
  virtual ~IAlgorithm() noexcept = default;
};

/// Narrows the algorithms that a build chooses among, and learns what it chose. Implemented by the user.
class IAlgorithmSelector : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IAlgorithmSelector", 1, 0}; }
  /// \param selection  Room for nbChoices indices of choices. \return How many were written.
  virtual int32_t selectAlgorithms(IAlgorithmContext const& context, IAlgorithm const* const* choices,
                                   int32_t nbChoices, int32_t* selection) noexcept = 0;
  virtual void reportAlgorithms(IAlgorithmContext const* const* algoContexts, IAlgorithm const* const* algoChoices,
                                int32_t nbAlgorithms) noexcept = 0;
  ~IAlgorithmSelector() noexcept override = default;
};

}  // namespace DOVETAIL_NAMESPACE
