"""Dims, Permutation, Weights, DataType and the enumerations."""
import gc

import dovetail as trt
import numpy as np
import pytest
from python_testing import ROOT


def test_dims_is_a_sequence_that_equals_tuples_and_lists():
    dims = trt.Dims((1, 2, 3))
    assert len(dims) == 3 and dims[0] == 1 and dims[-1] == 3 and dims[1:] == (2, 3)
    assert dims == (1, 2, 3) and dims == [1, 2, 3] and dims != (1, 2) and dims == trt.Dims([1, 2, 3])
    assert tuple(dims) == (1, 2, 3) and 2 in dims and not isinstance(dims, tuple)
    assert str(dims) == "(1, 2, 3)" and "%s" % dims == "(1, 2, 3)" and (7,) + dims[1:] == (7, 2, 3)
    assert np.empty(dims, np.int8).shape == (1, 2, 3)
    dims[1] = 5
    dims[-1:] = (9,)
    assert dims == (1, 5, 9)
    with pytest.raises(IndexError):
        dims[3]
    with pytest.raises(ValueError, match="Max expected length is 8"):
        trt.Dims([1] * (trt.Dims.MAX_DIMS + 1))
    assert trt.Dims() == () and trt.volume(dims) == 45 and trt.volume(()) == 1
    assert trt.DimsHW(3, 4).h == 3 and trt.DimsHW((3, 4)).w == 4 and trt.Dims3(1, 2, 3) == (1, 2, 3)
    assert trt.Dims2((5, 6)) == (5, 6) and trt.Dims4([1, 2, 3, 4])[3] == 4


def test_permutation_has_room_for_eight():
    p = trt.Permutation([1, 0])
    assert len(p) == 8 and p[0] == 1 and p[1] == 0
    p[2] = 2
    assert list(p)[:3] == [1, 0, 2] and str(p).startswith("(1, 0, 2")


def test_enumerations_are_no_integers_but_convert():
    assert trt.float16 != 1 and int(trt.float16) == 1 and trt.DataType(1) == trt.DataType.HALF
    assert str(trt.float16) == "DataType.HALF" and trt.float16.name == "HALF" and str(trt.float16)[9:] == "HALF"
    assert "HALF" in trt.DataType.__members__ and hash(trt.float16) != hash(trt.float32)
    assert "%d" % trt.float16 == "1" and trt.Logger.ERROR <= trt.Logger.WARNING
    assert hasattr(trt.float16, "__entries")
    assert trt.BuilderFlag.FP16 | trt.BuilderFlag.REFIT == (1 << 0) | (1 << 4)
    assert 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED) == 2
    assert trt.LayerType.KV_CACHE_UPDATE.name == "KV_CACHE_UPDATE" and trt.ResizeMode.LINEAR == trt.InterpolationMode.LINEAR
    assert str(trt.EngineCapability.DEFAULT) == "EngineCapability.STANDARD"


def test_types_have_sizes_and_numpy_names():
    assert trt.nptype(trt.float32) is np.float32 and trt.nptype(trt.bool) is np.bool_ and trt.nptype(trt.int64) is np.int64
    assert trt.float32.itemsize == 4 and trt.int4.itemsize == 0.5 and trt.bfloat16.itemsize == 2
    for dtype in (trt.bfloat16, trt.fp8, trt.int4, trt.fp4):
        with pytest.raises(TypeError):
            trt.nptype(dtype)


def test_weights_point_into_the_array_and_keep_it():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    weights = trt.Weights(array)
    assert weights.size == 6 and len(weights) == 6 and weights.nbytes == 24 and weights.dtype == trt.float32
    seen = weights.numpy()
    array[0, 0] = 7
    assert seen[0] == 7 and np.shares_memory(seen, array)
    del array, weights
    gc.collect()
    assert seen[5] == 5
    assert trt.Weights(trt.int8).size == 0 and trt.Weights().dtype == trt.float32
    source = np.ones(3, np.int32)
    assert list(trt.Weights(trt.int32, source.ctypes.data, 3).numpy()) == [1, 1, 1]


def test_weights_refuse_gaps_and_unknown_types():
    with pytest.raises(ValueError, match="ascontiguousarray"):
        trt.Weights(np.ones((4, 4), np.float32).T)
    with pytest.raises(ValueError, match="complex64"):
        trt.Weights(np.ones(2, np.complex64))


@pytest.mark.parametrize("name,dtype", [("int64", trt.int64), ("uint8", trt.uint8), ("bool", trt.bool),
                                        ("float16", trt.float16), ("float64", trt.float64), ("uint16", trt.uint16)])
def test_weights_take_numpy_types(name, dtype):
    assert trt.Weights(np.ones(3, name)).dtype == dtype


def test_weights_of_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    weights = trt.Weights(np.ones(3, ml_dtypes.bfloat16))
    assert weights.dtype == trt.bfloat16 and weights.numpy().dtype == ml_dtypes.bfloat16


def test_plugin_fields_hold_their_data():
    field = trt.PluginField("alpha", np.array([1.5, 2.5], np.float32), trt.PluginFieldType.FLOAT32)
    assert field.name == "alpha" and field.size == 2 and field.type == trt.PluginFieldType.FLOAT32
    assert list(field.data) == [1.5, 2.5]
    fields = trt.PluginFieldCollection([field])
    fields.append(trt.PluginField("mode", b"same", trt.PluginFieldType.CHAR))
    assert len(fields) == 2 and fields[1].size == 4 and fields[0] is field
    with pytest.raises(TypeError):
        fields.append("text")


def test_the_package_has_the_librarys_version():
    assert f'version = "{trt.__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_versions_and_module_functions():
    assert trt.__version__.count(".") == 2 and trt.get_nv_onnx_parser_version() > 0
    assert trt.init_libnvinfer_plugins(None, "") is True
    assert trt.get_plugin_registry() is trt.get_plugin_registry()
    assert trt.get_builder_plugin_registry(trt.EngineCapability.STANDARD) is trt.get_plugin_registry()
