#!/usr/bin/env python3
"""Exports architectures that the models folder does not have, with random weights, by both of PyTorch's exporters.

  bench/export_extra.py OUT_DIR [NAME ...] [--exporter ts|dynamo]     OUT_DIR/NAME.EXPORTER.onnx, inputs in an .npz beside
  bench/accuracy.py OUT_DIR/*.onnx                                    compares the command with ONNX Runtime on them

Needs torch, torchvision, transformers and onnxscript. Weights are what the constructors draw from a fixed seed.
"""
import argparse
import inspect
import pathlib
import sys
import time
import traceback
import warnings

import numpy as np
import torch

IMAGE = (1, 3, 224, 224)
SMALL_TEXT = dict(vocab_size=1000, hidden_size=128, num_hidden_layers=3, num_attention_heads=4, intermediate_size=256)


class FirstOutputs(torch.nn.Module):
    """Calls by keyword and returns the tensors that are asked for, so that both exporters see a plain function."""

    def __init__(self, module, inputs, outputs, extra=None):
        super().__init__()
        self.module, self.inputs, self.outputs, self.extra = module, inputs, outputs, extra or {}

    def forward(self, *args):
        result = self.module(**dict(zip(self.inputs, args)), **self.extra)
        return tuple(result[name] for name in self.outputs)


def vision(name, size=IMAGE, **arguments):
    def make():
        import torchvision
        module = torchvision.models.get_model(name, weights=None, **arguments)
        return module, {"input": torch.randn(*size)}, {"input": {0: "batch"}}
    return make


def segmentation(name, size=(1, 3, 192, 256)):
    def make():
        import torchvision
        module = torchvision.models.get_model(name, weights=None, weights_backbone=None, num_classes=5)
        argument = next(iter(inspect.signature(module.forward).parameters))
        return FirstOutputs(module, [argument], ["out"]), {argument: torch.randn(*size)}, {argument: {0: "batch"}}
    return make


def raft():
    import torchvision
    module = torchvision.models.optical_flow.raft_small(weights=None)

    class LastFlow(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.module = module

        def forward(self, first, second):
            return self.module(first, second, num_flow_updates=3)[-1]

    return LastFlow(), {"first": torch.rand(1, 3, 128, 160) * 2 - 1, "second": torch.rand(1, 3, 128, 160) * 2 - 1}, {}


def text_inputs(sequence, names):
    every = {"input_ids": torch.randint(3, 999, (1, sequence)), "attention_mask": torch.ones(1, sequence, dtype=torch.int64)}
    every["attention_mask"][:, -3:] = 0
    return {n: every[n] for n in names}


def text(config, model, outputs=("last_hidden_state",), sequence=24, extra=None, **arguments):
    """A text model; sizes go by each family's own names when SMALL_TEXT's do not fit."""
    def make():
        import transformers
        settings = arguments if arguments.pop("own_sizes", False) else {**SMALL_TEXT, **arguments}
        module = getattr(transformers, model)(getattr(transformers, config)(**settings))
        inputs = text_inputs(sequence, ["input_ids", "attention_mask"])
        axes = {n: {0: "batch", 1: "sequence"} for n in inputs}
        accepted = inspect.signature(module.forward).parameters
        more = {"use_cache": False} if "use_cache" in accepted else {}
        return FirstOutputs(module, list(inputs), list(outputs), {**more, **(extra or {})}), inputs, axes
    return make


def pixels(config, model, outputs=("last_hidden_state",), size=(1, 3, 64, 64), **arguments):
    def make():
        import transformers
        module = getattr(transformers, model)(getattr(transformers, config)(**arguments))
        for part in module.modules():  # the small deviation that these start with would fade to denormal numbers
            if isinstance(part, torch.nn.Conv2d):
                torch.nn.init.kaiming_normal_(part.weight)
        return FirstOutputs(module, ["pixel_values"], list(outputs)), {"pixel_values": torch.randn(*size)}, {"pixel_values": {0: "batch"}}
    return make


def clip():
    import transformers
    sizes = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4)
    config = transformers.CLIPConfig(text_config=dict(vocab_size=1000, eos_token_id=2, **sizes), projection_dim=32,
                                     vision_config=dict(image_size=64, patch_size=16, **sizes))
    inputs = {**text_inputs(16, ["input_ids", "attention_mask"]), "pixel_values": torch.randn(2, 3, 64, 64)}
    return FirstOutputs(transformers.CLIPModel(config), list(inputs), ["logits_per_image", "text_embeds", "image_embeds"]), inputs, {}


def t5_decoder():
    import transformers
    config = transformers.T5Config(vocab_size=1000, d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4)
    inputs = {"input_ids": torch.randint(3, 999, (1, 20)), "decoder_input_ids": torch.randint(3, 999, (1, 7))}
    module = transformers.T5ForConditionalGeneration(config)
    return FirstOutputs(module, list(inputs), ["logits"], {"use_cache": False}), inputs, {}


def wav2vec2():
    import transformers
    config = transformers.Wav2Vec2Config(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
                                         num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4)
    return FirstOutputs(transformers.Wav2Vec2Model(config), ["input_values"], ["last_hidden_state"]), {"input_values": torch.randn(1, 8000)}, {}


def bart():
    import transformers
    config = transformers.BartConfig(vocab_size=1000, d_model=64, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
                                     decoder_attention_heads=4, encoder_ffn_dim=128, decoder_ffn_dim=128)
    inputs = {"input_ids": torch.randint(3, 999, (1, 20)), "decoder_input_ids": torch.randint(3, 999, (1, 7))}
    return FirstOutputs(transformers.BartModel(config), list(inputs), ["last_hidden_state"], {"use_cache": False}), inputs, {}


LLAMA = dict(num_key_value_heads=2, outputs=("logits",))
VIT = dict(hidden_size=96, num_hidden_layers=3, num_attention_heads=4, intermediate_size=192, image_size=64)
MODELS = {
    "convnext_tiny": vision("convnext_tiny"),
    "swin_t": vision("swin_t"),
    "swin_v2_t": vision("swin_v2_t"),
    "regnet_y_400mf": vision("regnet_y_400mf"),
    "shufflenet_v2_x1_0": vision("shufflenet_v2_x1_0"),
    "googlenet": vision("googlenet", init_weights=False, aux_logits=False),
    "inception_v3": vision("inception_v3", (1, 3, 299, 299), init_weights=False, aux_logits=False),
    "mnasnet1_0": vision("mnasnet1_0"),
    "efficientnet_v2_s": vision("efficientnet_v2_s"),
    "resnext50_32x4d": vision("resnext50_32x4d"),
    "maxvit_t": vision("maxvit_t"),
    "deeplabv3_mobilenet_v3_large": segmentation("deeplabv3_mobilenet_v3_large"),
    "fcn_resnet50": segmentation("fcn_resnet50"),
    "lraspp_mobilenet_v3_large": segmentation("lraspp_mobilenet_v3_large"),
    "raft_small": raft,
    "distilbert": text("DistilBertConfig", "DistilBertModel", own_sizes=True, vocab_size=1000, dim=128, n_layers=3, n_heads=4, hidden_dim=256),
    "roberta": text("RobertaConfig", "RobertaModel", ("last_hidden_state", "pooler_output")),
    "deberta_v2": text("DebertaV2Config", "DebertaV2Model", relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=32),
    "albert": text("AlbertConfig", "AlbertModel", ("last_hidden_state", "pooler_output")),
    "electra": text("ElectraConfig", "ElectraModel"),
    "mpnet": text("MPNetConfig", "MPNetModel"),
    "t5_encoder": text("T5Config", "T5EncoderModel", own_sizes=True, vocab_size=1000, d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4),
    "t5": t5_decoder,
    "bart": bart,
    "opt": text("OPTConfig", "OPTForCausalLM", ("logits",), own_sizes=True, vocab_size=1000, hidden_size=128, num_hidden_layers=2, num_attention_heads=4, ffn_dim=256, word_embed_proj_dim=128),
    "gpt_neo": text("GPTNeoConfig", "GPTNeoForCausalLM", ("logits",), own_sizes=True, vocab_size=1000, hidden_size=128, num_layers=2, num_heads=4, attention_types=[[["global", "local"], 1]], window_size=8),
    "qwen2": text("Qwen2Config", "Qwen2ForCausalLM", **LLAMA),
    "qwen3": text("Qwen3Config", "Qwen3ForCausalLM", head_dim=32, **LLAMA),
    "mistral": text("MistralConfig", "MistralForCausalLM", sliding_window=8, **LLAMA),
    "gemma2": text("Gemma2Config", "Gemma2ForCausalLM", head_dim=32, **LLAMA),
    "phi": text("PhiConfig", "PhiForCausalLM", ("logits",)),
    "falcon": text("FalconConfig", "FalconForCausalLM", ("logits",), own_sizes=True, vocab_size=1000, hidden_size=128, num_hidden_layers=2, num_attention_heads=4),
    "bloom": text("BloomConfig", "BloomForCausalLM", ("logits",), own_sizes=True, vocab_size=1000, hidden_size=64, n_layer=2, n_head=4),
    "modernbert": text("ModernBertConfig", "ModernBertModel", global_attn_every_n_layers=2, local_attention=8, pad_token_id=0, bos_token_id=1, eos_token_id=2,
                       cls_token_id=1, sep_token_id=2, attn_implementation="eager"),
    "vit": pixels("ViTConfig", "ViTModel", patch_size=16, **VIT),
    "deit": pixels("DeiTConfig", "DeiTModel", patch_size=16, **VIT),
    "beit": pixels("BeitConfig", "BeitModel", patch_size=16, use_relative_position_bias=True, **VIT),
    "dinov2": pixels("Dinov2Config", "Dinov2Model", patch_size=16, hidden_size=96, num_hidden_layers=3, num_attention_heads=4, image_size=64),
    "segformer": pixels("SegformerConfig", "SegformerForSemanticSegmentation", ("logits",), (1, 3, 128, 128)),
    "mobilevit": pixels("MobileViTConfig", "MobileViTModel", size=(1, 3, 256, 256)),
    "dpt": pixels("DPTConfig", "DPTForDepthEstimation", ("predicted_depth",), patch_size=16, neck_hidden_sizes=[16, 32, 64, 64], fusion_hidden_size=32,
                  backbone_out_indices=[0, 1, 2, 3], is_hybrid=False, **{**VIT, "num_hidden_layers": 4}),
    "clip": clip,
    "wav2vec2": wav2vec2,
}


def export_ts(module, inputs, axes, path):
    torch.onnx.export(module, tuple(inputs.values()), str(path), input_names=list(inputs), dynamic_axes=axes or None, opset_version=17,
                      dynamo=False)


def export_dynamo(module, inputs, axes, path):
    shapes = tuple({k: torch.export.Dim(v, min=1, max=512) for k, v in axes.get(n, {}).items()} for n in inputs)
    # An example size of 1 would be taken for a constant.
    inputs = {n: torch.cat([t, t]) if axes.get(n, {}).get(0) == "batch" else t for n, t in inputs.items()}
    # The wrapper's forward takes *args, whose shapes are one tuple.
    shapes = (shapes,) if isinstance(module, FirstOutputs) else shapes
    torch.onnx.export(module, tuple(inputs.values()), str(path), input_names=list(inputs), dynamic_shapes=shapes if axes else None,
                      dynamo=True, external_data=False, verbose=False)


EXPORTERS = {"ts": export_ts, "dynamo": export_dynamo}


def export(name, exporter, out):
    torch.manual_seed(0)
    module, inputs, axes = MODELS[name]()
    module.eval()
    path = out / f"{name}.{exporter}.onnx"
    note = ""
    with torch.no_grad():
        try:
            EXPORTERS[exporter](module, inputs, axes, path)
        except Exception as e:
            if not axes:
                raise
            EXPORTERS[exporter](module, inputs, {}, path)
            note = f" (static shapes; dynamic ones: {type(e).__name__}: {str(e).strip().splitlines()[0][:120]})"
    import onnx
    kept = [i.name for i in onnx.load(path, load_external_data=False).graph.input]
    np.savez(path.with_suffix(".npz"), **{k: inputs[k].numpy() for k in kept})
    return note


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out")
    p.add_argument("names", nargs="*", help=", ".join(MODELS))
    p.add_argument("--exporter", choices=list(EXPORTERS), help="one of them alone")
    p.add_argument("--keep", action="store_true", help="do not export again what is there")
    a = p.parse_intermixed_args()
    out, failed = pathlib.Path(a.out), 0
    out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    for name in a.names or MODELS:
        if name not in MODELS:
            sys.exit(f"unknown model '{name}'; there are: {', '.join(MODELS)}")
        for exporter in [a.exporter] if a.exporter else EXPORTERS:
            if a.keep and (out / f"{name}.{exporter}.npz").exists():
                continue
            begin = time.monotonic()
            try:
                note = export(name, exporter, out)
                print(f"{name}.{exporter}: {time.monotonic() - begin:.1f} s{note}", flush=True)
            except Exception as e:
                failed += 1
                print(f"{name}.{exporter}: NOT EXPORTED: {type(e).__name__}: {str(e).strip().splitlines()[0][:200] if str(e) else ''}", flush=True)
                traceback.print_exc(file=open(out / f"{name}.{exporter}.error", "w"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
