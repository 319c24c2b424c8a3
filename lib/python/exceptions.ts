/** Base of the failures that these functions share with Python; the class says which exception Python would raise. */
export class PyError extends Error {
  override readonly name: string = 'PyError';
}

/** Python's SyntaxError: the text is no Python expression. */
export class PySyntaxError extends PyError {
  override readonly name = 'PySyntaxError';
}

/** Python's ValueError: the right type but a value that will not do. */
export class PyValueError extends PyError {
  override readonly name = 'PyValueError';
}

/** Python's TypeError: a value of a type that will not do. */
export class PyTypeError extends PyError {
  override readonly name = 'PyTypeError';
}

/** Python's IndexError: no such position. */
export class PyIndexError extends PyError {
  override readonly name = 'PyIndexError';
}

/** Python's re.error: the text is no regular expression, or no replacement for one. */
export class PyRegexError extends PyError {
  override readonly name = 'PyRegexError';
}

/** What Python might come to with more time or memory than a document is given. */
export class PyOverBounds extends PyError {
  override readonly name = 'PyOverBounds';
}

/** Python could do this and we cannot (a set, a complex number, a pattern JavaScript cannot run): better no answer than a wrong one. */
export class PyUnsupportedError extends PyError {
  override readonly name = 'PyUnsupportedError';
}

/** Thrown for stored values that Python has no object for (year 0, 25 o'clock, a zone that nobody knows). */
export class NoPythonValue extends Error {
  override readonly name = 'NoPythonValue';
}
