#pragma once

#include <dovetail/tensor.h>

namespace DOVETAIL_NAMESPACE {

/// What a layer is: the concrete interface may be reached with static_cast from ILayer.
enum class LayerType : int32_t {
  kCONVOLUTION = 0,
  kCAST = 1,
  kACTIVATION = 2,
  kPOOLING = 3,
  kLRN = 4,
  kSCALE = 5,
  kSOFTMAX = 6,
  kDECONVOLUTION = 7,
  kCONCATENATION = 8,
  kELEMENTWISE = 9,
  kPLUGIN = 10,
  kUNARY = 11,
  kPADDING = 12,
  kSHUFFLE = 13,
  kREDUCE = 14,
  kTOPK = 15,
  kGATHER = 16,
  kMATRIX_MULTIPLY = 17,
  kRAGGED_SOFTMAX = 18,
  kCONSTANT = 19,
  kIDENTITY = 20,
  kPLUGIN_V2 = 21,
  kSLICE = 22,
  kSHAPE = 23,
  kPARAMETRIC_RELU = 24,
  kRESIZE = 25,
  kTRIP_LIMIT = 26,
  kRECURRENCE = 27,
  kITERATOR = 28,
  kLOOP_OUTPUT = 29,
  kSELECT = 30,
  kFILL = 31,
  kQUANTIZE = 32,
  kDEQUANTIZE = 33,
  kCONDITION = 34,
  kCONDITIONAL_INPUT = 35,
  kCONDITIONAL_OUTPUT = 36,
  kSCATTER = 37,
  kEINSUM = 38,
  kASSERTION = 39,
  kONE_HOT = 40,
  kNON_ZERO = 41,
  kGRID_SAMPLE = 42,
  kNMS = 43,
  kREVERSE_SEQUENCE = 44,
  kNORMALIZATION = 45,
  kPLUGIN_V3 = 46,
  kSQUEEZE = 47,
  kUNSQUEEZE = 48,
  kCUMULATIVE = 49,
  kDYNAMIC_QUANTIZE = 50,
  kATTENTION_INPUT = 51,
  kATTENTION_OUTPUT = 52,
  kROTARY_EMBEDDING = 53,
  kKVCACHE_UPDATE = 54,
  kMOE = 55,
  kDIST_COLLECTIVE = 56,
  kOPERATOR = 1000,  ///< IOperatorLayer: an operator that has no layer of its own.
  kFULLY_CONNECTED = 1001,
  kRNN_V2 = 1002,
};
DOVETAIL_ENUM_MAX(LayerType, 57)

/// One operation of a network. Owned by its network.
///
/// Setters that cannot be obeyed report an error and change nothing. What is wrong with a layer as a whole (shapes that
/// do not fit) is reported when a shape is asked for, or at the latest by the build, with the layer's name.
class ILayer : public INoCopy {
 public:
  virtual LayerType getType() const noexcept = 0;

  /// The text is copied. Names need not be unique, though messages are clearer when they are.
  virtual void setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;

  virtual int32_t getNbInputs() const noexcept = 0;
  /// nullptr for an optional input that is not set, and for an index out of range.
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
  /// Replaces an input, or adds an optional one (each layer says which it has).
  virtual void setInput(int32_t index, ITensor& tensor) noexcept = 0;
  virtual int32_t getNbOutputs() const noexcept = 0;
  virtual ITensor* getOutput(int32_t index) const noexcept = 0;

  /// Asks for a computation type, which the builder obeys or prefers as its flags say.
  virtual void setPrecision(DataType dataType) noexcept = 0;
  virtual DataType getPrecision() const noexcept = 0;
  virtual bool precisionIsSet() const noexcept = 0;
  virtual void resetPrecision() noexcept = 0;

  /// Asks for the type of an output; a cast is added when the layer itself gives another.
  virtual void setOutputType(int32_t index, DataType dataType) noexcept = 0;
  virtual DataType getOutputType(int32_t index) const noexcept = 0;
  virtual bool outputTypeIsSet(int32_t index) const noexcept = 0;
  virtual void resetOutputType(int32_t index) noexcept = 0;

  /// Free text that the inspector shows with the layer. The text is copied.
  virtual void setMetadata(char const* metadata) noexcept = 0;
  virtual char const* getMetadata() const noexcept = 0;

  /// How many devices share the layer. Anything but 1 is refused. \return Whether it was set.
  virtual bool setNbRanks(int32_t nbRanks) noexcept = 0;
  virtual int32_t getNbRanks() const noexcept = 0;

 protected:
  virtual ~ILayer() noexcept = default;
};

}  // namespace DOVETAIL_NAMESPACE
