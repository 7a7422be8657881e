#pragma once

#include <dovetail/layer.h>

namespace DOVETAIL_NAMESPACE {

/// y = kernel * x + bias over the last three dimensions of x, which are read as one: [..., C, H, W] gives
/// [..., K, 1, 1]. Kernel [K, C * H * W]. Kept for older programs.
class IFullyConnectedLayer : public ILayer {
 public:
  virtual void setNbOutputChannels(int32_t nbOutputs) noexcept = 0;
  virtual int32_t getNbOutputChannels() const noexcept = 0;
  virtual void setKernelWeights(Weights weights) noexcept = 0;
  virtual Weights getKernelWeights() const noexcept = 0;
  /// count 0 for no bias.
  virtual void setBiasWeights(Weights weights) noexcept = 0;
  virtual Weights getBiasWeights() const noexcept = 0;

 protected:
  ~IFullyConnectedLayer() noexcept override = default;
};

enum class RNNOperation : int32_t { kRELU = 0, kTANH = 1, kLSTM = 2, kGRU = 3 };
DOVETAIL_ENUM_MAX(RNNOperation, 4)

enum class RNNDirection : int32_t { kUNIDIRECTION = 0, kBIDIRECTION = 1 };
DOVETAIL_ENUM_MAX(RNNDirection, 2)

/// How the first layer takes its input: through weights, or as it is (then its width must be the hidden size).
enum class RNNInputMode : int32_t { kLINEAR = 0, kSKIP = 1 };
DOVETAIL_ENUM_MAX(RNNInputMode, 2)

/// LSTM has input, output, forget and cell; GRU update, reset and hidden; the plain kinds only input.
enum class RNNGateType : int32_t {
  kINPUT = 0,
  kOUTPUT = 1,
  kFORGET = 2,
  kUPDATE = 3,
  kRESET = 4,
  kCELL = 5,
  kHIDDEN = 6,
};
DOVETAIL_ENUM_MAX(RNNGateType, 7)

/// A stack of recurrent layers over sequences [N..., S, E]. Output 0: the last layer's hidden states [N..., S, H]
/// (2 H when bidirectional); output 1: the final hidden states [N..., L, H] (L counts directions); output 2, LSTM only:
/// the final cell states. Kept for older programs.
class IRNNv2Layer : public ILayer {
 public:
  virtual int32_t getLayerCount() const noexcept = 0;
  virtual int32_t getHiddenSize() const noexcept = 0;
  virtual int32_t getMaxSeqLength() const noexcept = 0;
  virtual int32_t getDataLength() const noexcept = 0;
  /// Lengths [N...], kINT32. All sequences are full when never set.
  virtual void setSequenceLengths(ITensor& seqLengths) noexcept = 0;
  virtual ITensor* getSequenceLengths() const noexcept = 0;
  virtual void setOperation(RNNOperation op) noexcept = 0;
  virtual RNNOperation getOperation() const noexcept = 0;
  virtual void setInputMode(RNNInputMode op) noexcept = 0;
  virtual RNNInputMode getInputMode() const noexcept = 0;
  virtual void setDirection(RNNDirection op) noexcept = 0;
  virtual RNNDirection getDirection() const noexcept = 0;
  /// \param layerIndex  With two directions the forward layer i is 2 i and the backward one 2 i + 1.
  /// \param isW         True: the matrix on the input [H, E]; false: the one on the hidden state [H, H].
  virtual void setWeightsForGate(int32_t layerIndex, RNNGateType gate, bool isW, Weights weights) noexcept = 0;
  virtual Weights getWeightsForGate(int32_t layerIndex, RNNGateType gate, bool isW) const noexcept = 0;
  virtual void setBiasForGate(int32_t layerIndex, RNNGateType gate, bool isW, Weights bias) noexcept = 0;
  virtual Weights getBiasForGate(int32_t layerIndex, RNNGateType gate, bool isW) const noexcept = 0;
  /// Initial states [N..., L, H]; 0 when never set.
  virtual void setHiddenState(ITensor& hidden) noexcept = 0;
  virtual ITensor* getHiddenState() const noexcept = 0;
  virtual void setCellState(ITensor& cell) noexcept = 0;
  virtual ITensor* getCellState() const noexcept = 0;

 protected:
  ~IRNNv2Layer() noexcept override = default;
};

}  // namespace DOVETAIL_NAMESPACE
