/* Rows on their way to the terminal: signs, and the sequences between them that change their style. */

#include "module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most bytes of a change between two styles of colours alone: two colours of 24 bits. */
#define MAX_CHANGE 48

/* Most bytes of a sign in UTF-8. */
#define MAX_SIGN 4

/* The sign of the right half of a wide character, which nothing is written for. */
#define RIGHT_HALF 0

/* What is written so far. */
typedef struct {
    char *bytes;
    size_t length;
    size_t room;
} Output;

/* Make room for so many more bytes. */
static bool provide(Output *output, size_t more)
{
    if (more <= output->room - output->length)
        return true;
    size_t room = output->length + more + output->room / 2;
    char *bytes = PyMem_Realloc(output->bytes, room);
    if (!bytes) {
        PyErr_NoMemory();
        return false;
    }
    output->bytes = bytes;
    output->room = room;
    return true;
}

static char *put_number(char *at, unsigned number)
{
    if (number >= 100)
        *at++ = (char)('0' + number / 100 % 10);
    if (number >= 10)
        *at++ = (char)('0' + number / 10 % 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

/* Put the parameters of a colour that is not the default; `base` is 30 for a foreground, 40 for a background. */
static char *put_colour(char *at, uint64_t packed, unsigned base)
{
    unsigned colour = (unsigned)packed - 1;
    if (packed <= 8)
        return put_number(at, base + colour);
    if (packed <= 16)
        return put_number(at, base + 60 + colour - 8);
    at = put_number(at, base + 8);
    *at++ = ';';
    if (packed <= DIRECT) {
        *at++ = '5';
        *at++ = ';';
        return put_number(at, colour & 255);
    }
    *at++ = '2';
    for (int bits = 16; bits >= 0; bits -= 8) {
        *at++ = ';';
        at = put_number(at, colour >> bits & 255);
    }
    return at;
}

/* Put what turns one style of colours alone into another; false where that is for Python to judge. */
static bool put_change(Output *output, uint64_t old, uint64_t new)
{
    uint64_t foreground = new & COLOUR_BITS, background = new >> BACKGROUND & COLOUR_BITS;
    bool new_foreground = foreground != (old & COLOUR_BITS);
    bool new_background = background != (old >> BACKGROUND & COLOUR_BITS);
    if ((new_foreground && !foreground) || (new_background && !background))
        return false; /* to reset all may be shorter than to name the default */
    char *at = output->bytes + output->length;
    *at++ = '\x1b';
    *at++ = '[';
    if (new_foreground)
        at = put_colour(at, foreground, 30);
    if (new_foreground && new_background)
        *at++ = ';';
    if (new_background)
        at = put_colour(at, background, 40);
    *at++ = 'm';
    output->length = (size_t)(at - output->bytes);
    return true;
}

/* Put the change between two styles as Python tells it. */
static bool put_told_change(Output *output, PyObject *restyling, PyObject *old, PyObject *new)
{
    PyObject *change = PyObject_CallMethod(restyling, "change", "OO", old, new);
    Py_ssize_t size = 0;
    const char *bytes = change ? PyUnicode_AsUTF8AndSize(change, &size) : NULL;
    bool done = bytes && provide(output, (size_t)size);
    if (done) {
        memcpy(output->bytes + output->length, bytes, (size_t)size);
        output->length += (size_t)size;
    }
    Py_XDECREF(change);
    return done;
}

static bool put_sign(Output *output, Py_UCS4 sign)
{
    unsigned char *at = (unsigned char *)output->bytes + output->length;
    if (sign < 0x80) {
        *at++ = (unsigned char)sign;
    } else if (sign < 0x800) {
        *at++ = (unsigned char)(0xc0 | sign >> 6);
        *at++ = (unsigned char)(0x80 | (sign & 0x3f));
    } else if (sign < 0x10000) {
        if (sign >= 0xd800 && sign < 0xe000) {
            PyErr_SetString(PyExc_ValueError, "a surrogate is no sign");
            return false;
        }
        *at++ = (unsigned char)(0xe0 | sign >> 12);
        *at++ = (unsigned char)(0x80 | (sign >> 6 & 0x3f));
        *at++ = (unsigned char)(0x80 | (sign & 0x3f));
    } else {
        *at++ = (unsigned char)(0xf0 | sign >> 18);
        *at++ = (unsigned char)(0x80 | (sign >> 12 & 0x3f));
        *at++ = (unsigned char)(0x80 | (sign >> 6 & 0x3f));
        *at++ = (unsigned char)(0x80 | (sign & 0x3f));
    }
    output->length = (size_t)(at - (unsigned char *)output->bytes);
    return true;
}

/* Tell whether a packed style is colours alone, and which. */
static bool has_colours_alone(PyObject *packed, uint64_t *colours)
{
    if (!PyLong_Check(packed))
        return false;
    *colours = PyLong_AsUnsignedLongLong(packed);
    if (*colours == UINT64_MAX && PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    return *colours >> LOWER_BITS == 0;
}

/* Put the change from one style to another; `old` is a strong reference, and the new style afterwards. */
static bool restyle(Output *output, PyObject **old, PyObject *new, PyObject *restyling)
{
    uint64_t before, after;
    bool is_simple = has_colours_alone(*old, &before) && has_colours_alone(new, &after);
    bool is_put = is_simple && (before == after || put_change(output, before, after));
    if (!is_put)
        is_put = put_told_change(output, restyling, *old, new) && provide(output, MAX_SIGN);
    Py_DECREF(*old);
    *old = new;
    return is_put;
}

/* Write all columns; the change to the first one's style is from `before`. */
static bool write_columns(
    Output *output, Py_ssize_t columns, const Py_UCS4 *signs, const Py_UCS4 *styles, PyObject *table, PyObject *before,
    PyObject *restyling)
{
    PyObject *style = Py_NewRef(before);
    bool is_fine = true;
    for (Py_ssize_t column = 0; column < columns && is_fine; column++) {
        is_fine = provide(output, MAX_CHANGE + MAX_SIGN);
        if (is_fine && (column == 0 || styles[column] != styles[column - 1])) {
            PyObject *next = PyList_GetItem(table, (Py_ssize_t)styles[column]);
            is_fine = next && restyle(output, &style, Py_NewRef(next), restyling);
        }
        if (is_fine && signs[column] != RIGHT_HALF)
            is_fine = put_sign(output, signs[column]);
    }
    Py_DECREF(style);
    return is_fine;
}

/* styled(signs, styles, packed, old, restyling) -> bytes */
PyObject *styled(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    (void)module;
    if (count != 5 || !PyUnicode_Check(arguments[0]) || !PyUnicode_Check(arguments[1]) || !PyList_Check(arguments[2])) {
        PyErr_SetString(PyExc_TypeError, "styled() takes signs, styles, a list, the style before and a Restyling");
        return NULL;
    }
    Py_ssize_t columns = PyUnicode_GetLength(arguments[0]);
    if (columns != PyUnicode_GetLength(arguments[1])) {
        PyErr_SetString(PyExc_ValueError, "styled() takes a style for each sign");
        return NULL;
    }
    Output output = {0};
    PyObject *written = NULL;
    Py_UCS4 *signs = PyUnicode_AsUCS4Copy(arguments[0]);
    Py_UCS4 *styles = signs ? PyUnicode_AsUCS4Copy(arguments[1]) : NULL;
    if (styles && provide(&output, 64 + (size_t)columns * 2)
        && write_columns(&output, columns, signs, styles, arguments[2], arguments[3], arguments[4]))
        written = PyBytes_FromStringAndSize(output.bytes, (Py_ssize_t)output.length);
    PyMem_Free(output.bytes);
    PyMem_Free(styles);
    PyMem_Free(signs);
    return written;
}
