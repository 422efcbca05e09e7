/* Output of programs: the text and the renditions that stand at its beginning. */

#include "rendition.h"

#include <string.h>

#define ESC 0x1b

/* Longest text that `narrow` may hold, in bytes. Source: _NARROW_LENGTH of rmosh/terminal/drawing.py, in UTF-8. */
#define MAX_NARROW 64

/* Longest sequence looked at, in bytes; Python judges longer ones. */
#define MAX_SEQUENCE 256

/* Where a scan stands. */
typedef struct {
    const unsigned char *start;
    const unsigned char *at;
    const unsigned char *end;
    Pen pen;
    PyObject *packed; /* the pen as Python has it, NULL until it is asked for */
    Py_ssize_t column;
    Py_ssize_t limit;
    PyObject *narrow;
    PyObject *runs;
    PyObject *written; /* the text written last, NULL before the first */
    const unsigned char *written_at;
    Py_ssize_t written_size;
} Scan;

/* What came of a step: it is done, this is for Python to do, the rest is, or Python raised. */
typedef enum { DONE, TOLD, LEFT, RAISED } Step;

static bool is_control(unsigned char byte)
{
    return byte < ' ' || byte == 0x7f;
}

static bool read_pen(Pen *pen, PyObject *packed)
{
    PyObject *bits = PyLong_FromLong(LOWER_BITS);
    PyObject *upper = bits ? PyNumber_Rshift(packed, bits) : NULL;
    if (upper) {
        pen->lower = PyLong_AsUnsignedLongLongMask(packed) & ((UINT64_C(1) << LOWER_BITS) - 1);
        pen->upper = PyLong_AsUnsignedLongLong(upper);
    }
    Py_XDECREF(bits);
    Py_XDECREF(upper);
    return !PyErr_Occurred();
}

/* Return the pen as Python has it, borrowed. */
static PyObject *packed_pen(Scan *scan)
{
    if (scan->packed)
        return scan->packed;
    PyObject *lower = PyLong_FromUnsignedLongLong(scan->pen.lower);
    if (!scan->pen.upper || !lower)
        return scan->packed = lower;
    PyObject *bits = PyLong_FromLong(LOWER_BITS);
    PyObject *upper = PyLong_FromUnsignedLongLong(scan->pen.upper);
    PyObject *shifted = bits && upper ? PyNumber_Lshift(upper, bits) : NULL;
    scan->packed = shifted ? PyNumber_Or(shifted, lower) : NULL;
    Py_DECREF(lower);
    Py_XDECREF(bits);
    Py_XDECREF(upper);
    Py_XDECREF(shifted);
    return scan->packed;
}

static bool append_run(Scan *scan, PyObject *text, Py_ssize_t columns)
{
    PyObject *pen = packed_pen(scan);
    PyObject *run = pen ? PyTuple_New(4) : NULL;
    if (!run)
        return false;
    PyObject *start = PyLong_FromSsize_t(scan->column), *end = PyLong_FromSsize_t(scan->column + columns);
    PyTuple_SetItem(run, 0, start);
    PyTuple_SetItem(run, 1, end);
    PyTuple_SetItem(run, 2, Py_NewRef(text));
    PyTuple_SetItem(run, 3, Py_NewRef(pen));
    bool appended = start && end && PyList_Append(scan->runs, run) == 0;
    Py_DECREF(run);
    scan->column += columns;
    return appended;
}

/* Return the text from `at` up to `stop`; NULL without an error where its bytes are no text or hold controls (C1). */
static PyObject *decoded(const unsigned char *at, const unsigned char *stop, bool is_ascii)
{
    for (const unsigned char *byte = at; !is_ascii && byte < stop - 1; byte++)
        if (byte[0] == 0xc2 && byte[1] < 0xa0)
            return NULL;
    PyObject *text = PyUnicode_DecodeUTF8((const char *)at, stop - at, NULL);
    if (!text && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError))
        PyErr_Clear();
    return text;
}

/* Tell whether the text from here up to `stop` is the one written last, and fits: a picture has one in every cell. */
static bool is_written_again(const Scan *scan, const unsigned char *stop)
{
    return scan->written && stop - scan->at == scan->written_size
        && PyUnicode_GetLength(scan->written) < scan->limit - scan->column
        && memcmp(scan->at, scan->written_at, (size_t)scan->written_size) == 0;
}

/* Write the text that begins here, if it is known to be narrow and the row has room; else it is for Python to write. */
static Step take_text(Scan *scan, PyObject **told)
{
    const unsigned char *stop = scan->at;
    unsigned char all = 0;
    while (stop < scan->end && !is_control(*stop))
        all |= *stop++;
    if (is_written_again(scan, stop)) {
        scan->at = stop;
        return append_run(scan, scan->written, PyUnicode_GetLength(scan->written)) ? DONE : RAISED;
    }
    PyObject *text = decoded(scan->at, stop, all < 0x80);
    if (!text)
        return PyErr_Occurred() ? RAISED : LEFT;
    Py_ssize_t columns = PyUnicode_GetLength(text);
    int is_narrow = all < 0x80;
    if (!is_narrow && stop - scan->at <= MAX_NARROW)
        is_narrow = PySet_Contains(scan->narrow, text);
    if (is_narrow > 0 && columns < scan->limit - scan->column) {
        Py_XDECREF(scan->written);
        scan->written = text;
        scan->written_at = scan->at;
        scan->written_size = stop - scan->at;
        scan->at = stop;
        return append_run(scan, text, columns) ? DONE : RAISED;
    }
    scan->at = stop;
    *told = text;
    return is_narrow < 0 ? RAISED : TOLD;
}

/* Return where the control that begins here ends; NULL where it is a string, is not simple, or does not end here. */
static const unsigned char *end_of_control(const unsigned char *at, const unsigned char *end)
{
    if (*at != ESC)
        return at + (*at == '\r' && end - at > 1 && at[1] == '\n' ? 2 : 1);
    if (end - at < 2)
        return NULL;
    unsigned char kind = at[1];
    if (kind == '[') {
        if (end - at > MAX_SEQUENCE)
            end = at + MAX_SEQUENCE;
        for (at += 2; at < end && *at >= '0' && *at <= '?';)
            at++;
        return at < end && *at >= '@' && *at <= '~' ? at + 1 : NULL;
    }
    if (kind >= ' ' && kind <= '/')
        return end - at > 2 && at[2] >= '0' && at[2] <= '~' ? at + 3 : NULL;
    return kind >= '0' && kind <= '~' && !strchr("]PX^_k", kind) ? at + 2 : NULL;
}

/* Take the control that begins here: a rendition changes the pen, any other is for Python to execute. */
static Step take_control(Scan *scan, PyObject **told)
{
    const unsigned char *start = scan->at, *stop = end_of_control(start, scan->end);
    if (!stop)
        return LEFT;
    scan->at = stop;
    if (stop - start > 2 && start[1] == '[' && stop[-1] == 'm' && apply_rendition(&scan->pen, start + 2, stop - 1)) {
        Py_CLEAR(scan->packed);
        return DONE;
    }
    *told = PyUnicode_FromStringAndSize((const char *)start, stop - start);
    return *told ? TOLD : RAISED;
}

/* Begin a scan with what Python handed over, all of it borrowed but the pen. */
static bool begin(Scan *scan, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 7 || !PyLong_Check(arguments[2]) || !PyAnySet_Check(arguments[5]) || !PyList_Check(arguments[6])) {
        PyErr_SetString(PyExc_TypeError, "scan() takes bytes, place, pen, column, limit, a set and a list");
        return false;
    }
    char *data;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(arguments[0], &data, &size) < 0)
        return false;
    Py_ssize_t place = PyLong_AsSsize_t(arguments[1]);
    scan->column = PyLong_AsSsize_t(arguments[3]);
    scan->limit = PyLong_AsSsize_t(arguments[4]);
    if (PyErr_Occurred() || !read_pen(&scan->pen, arguments[2]))
        return false;
    if (place < 0 || place > size || scan->column < 0 || scan->limit < 0) {
        PyErr_SetString(PyExc_ValueError, "scan() was told a place outside the bytes, or no column");
        return false;
    }
    scan->start = (const unsigned char *)data;
    scan->at = scan->start + place;
    scan->end = scan->start + size;
    scan->narrow = arguments[5];
    scan->runs = arguments[6];
    scan->packed = Py_NewRef(arguments[2]);
    return true;
}

/* Return what a scan came to, as Python has it; "" for a text or a control that there is not. */
static PyObject *result_of(Scan *scan, PyObject *text, PyObject *control)
{
    PyObject *pen = packed_pen(scan);
    PyObject *none = PyUnicode_FromStringAndSize("", 0);
    PyObject *result = NULL;
    if (pen && none)
        result = Py_BuildValue(
            "(nOnOO)", scan->at - scan->start, pen, scan->column, text ? text : none, control ? control : none);
    Py_XDECREF(none);
    return result;
}

/* scan(untrusted, place, pen, column, limit, narrow, runs) -> place, pen, column, text, control */
PyObject *scan(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    (void)module;
    Scan scan = {0};
    if (!begin(&scan, arguments, count))
        return NULL;
    PyObject *text = NULL, *control = NULL;
    Step step = DONE;
    while (step == DONE && scan.at < scan.end)
        step = is_control(*scan.at) ? take_control(&scan, &control) : take_text(&scan, &text);
    PyObject *result = step == RAISED ? NULL : result_of(&scan, text, control);
    Py_XDECREF(scan.packed);
    Py_XDECREF(scan.written);
    Py_XDECREF(text);
    Py_XDECREF(control);
    return result;
}
