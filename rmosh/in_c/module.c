/* The two functions of rmosh that gain most by being compiled; rmosh/compiled.py is where they are imported.
 *
 * Each does what Python code does as well, in much less time. Bytes of programs and of the network come through here:
 * whatever is not quite simple is left to that Python code, every bound is checked, and nothing is kept between calls.
 */

#include "module.h"

static PyMethodDef functions[] = {
    {"scan", (PyCFunction)(void (*)(void))scan, METH_FASTCALL, NULL},
    {"styled", (PyCFunction)(void (*)(void))styled, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static int fill(PyObject *module)
{
    return PyModule_AddStringConstant(module, "__version__", VERSION);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)fill},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "rmosh_compiled",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit_rmosh_compiled(void)
{
    return PyModuleDef_Init(&definition);
}
