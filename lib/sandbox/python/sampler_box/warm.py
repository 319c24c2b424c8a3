"""What is slow the first time and quick ever after is done before an alarm can ring over it."""


def mathematics():
    import math_verify
    import sympy
    from sympy.parsing.latex import parse_latex

    math_verify.verify(math_verify.parse('$\\frac{1}{2}$'), math_verify.parse('$x + 0.5$'))
    sympy.simplify(parse_latex('(a+b)^2') - parse_latex('\\frac{a^2}{3}'))
