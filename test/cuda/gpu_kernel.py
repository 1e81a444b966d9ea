"""A kernel as text, which the driver compiles for its device."""

from __future__ import annotations

import ctypes

import numpy as np

COUNT = 1000
# values[i] *= factor, for each i below count; any driver compiles this for its device.
SCALE = b"""
.version 6.4
.target sm_75
.address_size 64
.visible .entry scale(.param .align 8 .b8 arguments[16])
{
    .reg .pred outside;
    .reg .f32 value, factor;
    .reg .b32 index, block, size, thread, count;
    .reg .b64 values, offset;
    ld.param.u64 values, [arguments];
    ld.param.u32 count, [arguments+8];
    ld.param.f32 factor, [arguments+12];
    mov.u32 block, %ctaid.x;
    mov.u32 size, %ntid.x;
    mov.u32 thread, %tid.x;
    mad.lo.s32 index, block, size, thread;
    setp.ge.s32 outside, index, count;
    @outside bra done;
    cvta.to.global.u64 values, values;
    mul.wide.s32 offset, index, 4;
    add.s64 values, values, offset;
    ld.global.f32 value, [values];
    mul.f32 value, value, factor;
    st.global.f32 [values], value;
done:
    ret;
}
"""


class Scale(ctypes.Structure):
    _fields_ = (('values', ctypes.c_void_p), ('count', ctypes.c_int), ('factor', ctypes.c_float))


def scale(device, stream, memory, factor, count=COUNT):
    """Multiply numbers on the device."""
    arguments = Scale(memory.pointer, count, factor)
    kernel = device.module(SCALE).kernel('scale')
    kernel.launch(stream, (-(-count // 128),), (128,), arguments)
    # It was copied at once.
    arguments.factor = float('nan')
    stream.synchronize()


def numbers(count=COUNT):
    return np.arange(count, dtype=np.float32)
