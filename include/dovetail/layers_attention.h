#pragma once

#include <dovetail/layer.h>

namespace DOVETAIL_NAMESPACE {

enum class AttentionNormalizationOp : int32_t { kNONE = 0, kSOFTMAX = 1 };
DOVETAIL_ENUM_MAX(AttentionNormalizationOp, 2)

/// Which keys a query may see: all, those up to its own index, or those up to its index counted from the end.
enum class CausalMaskKind : int32_t { kNONE = 0, kUPPER_LEFT = 1, kLOWER_RIGHT = 2 };
DOVETAIL_ENUM_MAX(CausalMaskKind, 3)

/// [B, H, S, D], or the tokens of all sequences one after the other [N, H, D] with their lengths beside.
enum class AttentionIOForm : int32_t { kPADDED_BHND = 0, kPACKED_NHD = 1 };
DOVETAIL_ENUM_MAX(AttentionIOForm, 2)

/// y = normalize(q k^T + mask) v per head. There is no scale: it is part of q or k. Query [B, H, S, D], key
/// [B, G, T, D], value [B, G, T, E]; G divides H, and query head h reads key head h / (H / G). Owned by its network.
class IAttention : public INoCopy {
 public:
  virtual bool setNormalizationOperation(AttentionNormalizationOp op) noexcept = 0;
  virtual AttentionNormalizationOp getNormalizationOperation() const noexcept = 0;
  /// Broadcasts to [B, H, S, T]. Of kBOOL: true where a key is seen; of the query's type: added to the scores.
  virtual bool setMask(ITensor& mask) noexcept = 0;
  /// nullptr when none was set.
  virtual ITensor* getMask() noexcept = 0;
  /// True stands for CausalMaskKind::kUPPER_LEFT.
  virtual bool setCausal(bool isCausal) noexcept = 0;
  virtual bool getCausal() const noexcept = 0;
  virtual bool setCausalKind(CausalMaskKind kind) noexcept = 0;
  virtual CausalMaskKind getCausalKind() const noexcept = 0;
  /// Whether the attention may be computed by several kernels. It always may on the CPU.
  virtual bool setDecomposable(bool decomposable) noexcept = 0;
  virtual bool getDecomposable() const noexcept = 0;

  /// \param index  0: query, 1: key, 2: value, 3: mask, 4: scale of the quantized normalization.
  virtual bool setInput(int32_t index, ITensor& input) noexcept = 0;
  virtual int32_t getNbInputs() const noexcept = 0;
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
  virtual int32_t getNbOutputs() const noexcept = 0;
  virtual ITensor* getOutput(int32_t index) const noexcept = 0;
  virtual bool setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;
  virtual bool setMetadata(char const* metadata) noexcept = 0;
  virtual char const* getMetadata() const noexcept = 0;

  /// Quantizes what the normalization gives before it meets the values.
  virtual bool setNormalizationQuantizeScale(ITensor& tensor) noexcept = 0;
  virtual ITensor* getNormalizationQuantizeScale() const noexcept = 0;
  virtual bool setNormalizationQuantizeToType(DataType type) noexcept = 0;
  virtual DataType getNormalizationQuantizeToType() const noexcept = 0;

  // Lengths, kINT32: padded forms take the number of valid tokens of each batch [B] (all when never set), packed forms
  // need where each sequence begins and the total [B + 1]. nullptr takes them back.
  virtual bool setQueryForm(AttentionIOForm form) noexcept = 0;
  virtual AttentionIOForm getQueryForm() const noexcept = 0;
  virtual bool setQueryLengths(ITensor* lengths) noexcept = 0;
  virtual ITensor* getQueryLengths() const noexcept = 0;
  virtual bool setKeyValueForm(AttentionIOForm form) noexcept = 0;
  virtual AttentionIOForm getKeyValueForm() const noexcept = 0;
  virtual bool setKeyValueLengths(ITensor* lengths) noexcept = 0;
  virtual ITensor* getKeyValueLengths() const noexcept = 0;

  /// How many devices share the work: 1.
  virtual bool setNbRanks(int32_t nbRanks) noexcept = 0;
  virtual int32_t getNbRanks() const noexcept = 0;

 protected:
  virtual ~IAttention() noexcept = default;
};

/// The two layers that stand for an attention in the list of layers.
class IAttentionBoundaryLayer : public ILayer {
 public:
  virtual IAttention* getAttention() const noexcept = 0;

 protected:
  ~IAttentionBoundaryLayer() noexcept override = default;
};

class IAttentionInputLayer : public IAttentionBoundaryLayer {
 protected:
  ~IAttentionInputLayer() noexcept override = default;
};

class IAttentionOutputLayer : public IAttentionBoundaryLayer {
 protected:
  ~IAttentionOutputLayer() noexcept override = default;
};

/// Turns pairs of elements of x [B, H, S, D] by angles: (a, b) becomes (a cos - b sin, a sin + b cos). The caches are
/// [B, S, R / 2], or [P, R / 2] with input 3, the positions [B, S]; R is the rotary dimension.
class IRotaryEmbeddingLayer : public ILayer {
 public:
  /// True: pairs are neighbours; false: element i goes with element i + R / 2.
  virtual void setInterleaved(bool interleaved) noexcept = 0;
  virtual bool getInterleaved() const noexcept = 0;
  /// 0 for all of D; the elements behind it pass through.
  virtual bool setRotaryEmbeddingDim(int32_t rotaryEmbeddingDim) noexcept = 0;
  virtual int32_t getRotaryEmbeddingDim() const noexcept = 0;

 protected:
  ~IRotaryEmbeddingLayer() noexcept override = default;
};

enum class KVCacheMode : int32_t { kLINEAR = 0 };
DOVETAIL_ENUM_MAX(KVCacheMode, 1)

/// Writes update [B, H, S, D] into cache [B, H, T, D], batch b from position writeIndices[b] on; what would pass the
/// end is left out. The cache is a network input and the output shares its memory: nothing else is copied.
class IKVCacheUpdateLayer : public ILayer {
 public:
  virtual bool setCacheMode(KVCacheMode cacheMode) noexcept = 0;
  virtual KVCacheMode getCacheMode() const noexcept = 0;
  /// The update may be packed [N, H, D], with lengths that say where each sequence begins and the total [B + 1].
  virtual bool setUpdateForm(AttentionIOForm form) noexcept = 0;
  virtual AttentionIOForm getUpdateForm() const noexcept = 0;
  virtual bool setUpdateLengths(ITensor* lengths) noexcept = 0;
  virtual ITensor* getUpdateLengths() const noexcept = 0;

 protected:
  ~IKVCacheUpdateLayer() noexcept override = default;
};

}  // namespace DOVETAIL_NAMESPACE
