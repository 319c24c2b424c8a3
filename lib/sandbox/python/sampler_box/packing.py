"""Compiles a wheel for the image of boxes, so that importing it later is quick."""

import base64
import importlib.util
import io
import marshal
import re
import zipfile

from sampler_box import process

# No task imports a library's own tests, or needs what installers read.
LEFT_OUT = re.compile(r'(^|/)tests/|\.data/|(^|/)conftest\.py$')


def packed(request):
    """The wheel `/wheels/NAME` with its modules compiled, without their sources; base 64 of a zip file."""
    made = io.BytesIO()
    path = f'/wheels/{request["wheel"]}'
    with zipfile.ZipFile(path) as wheel, zipfile.ZipFile(made, 'w', zipfile.ZIP_DEFLATED) as zipped:
        for i, name in enumerate(sorted(wheel.namelist())):
            process.PLACE.at(i)
            if LEFT_OUT.search(name) or name.endswith('/'):
                continue
            content = wheel.read(name)
            if name.endswith('.py'):
                name, content = name + 'c', compiled(f'{path}/{name}', content)
            # The same date for all: images from the same sources are the same.
            zipped.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return {'zip': base64.b64encode(made.getvalue()).decode()}


def compiled(name, source):
    """A module as `.pyc`, to be taken without a look at its source."""
    code = compile(source, name, 'exec', dont_inherit=True)
    unchecked = (1).to_bytes(4, 'little')
    return importlib.util.MAGIC_NUMBER + unchecked + importlib.util.source_hash(source) + marshal.dumps(code)


def packages(wheel):
    """Names that the wheel lets modules import."""
    with zipfile.ZipFile(wheel) as zipped:
        tops = {name.partition('/')[0] for name in zipped.namelist()}
    return {top.partition('.')[0] for top in tops if not top.endswith(('.dist-info', '.data'))}
