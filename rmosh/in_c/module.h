/* What the files of rmosh_compiled share. Source of the layout of packed styles: rmosh/terminal/style_table.py. */

#ifndef RMOSH_COMPILED_MODULE_H
#define RMOSH_COMPILED_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

/* A colour is 0 for the default, else one more than an index of the palette or DIRECT | 0xRRGGBB. */
#define COLOUR_BITS UINT64_C(0x3ffffff)
#define DIRECT (UINT64_C(1) << 24)

/* The lower part of a packed style: its foreground, and its background above. All else is its upper part. */
#define BACKGROUND 26
#define LOWER_BITS 52

PyObject *scan(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *styled(PyObject *module, PyObject *const *arguments, Py_ssize_t count);

#endif
