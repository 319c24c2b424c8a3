"""Puts the harness's files in place and finds functions in them, as the harness does."""

import importlib.machinery
import importlib.metadata
import importlib.util
import os
import sys
import types

from sampler_box import chance, dataset, features, numbers, refusing

ROOT = '/harness'

# Packages that the harness's modules name and that are not here.
REFUSED = frozenset('''
    antlr4 bert_score bigbench bs4 comet emoji errant evaluate fugashi fuzzywuzzy html2text httpx huggingface_hub immutabledict jieba jinja2
    jsonschema kstar_planner langcodes langdetect lark latex2sympy2_extended levenshtein Levenshtein math_verify matplotlib MeCab mpmath nagisa
    neologdn nltk packaging pandas pddl PIL pkg_resources psutil pyarrow pycountry pytablewriter pythainlp radgraph regex requests rouge
    rouge_score sacrebleu scipy sentencepiece sklearn spacy sympy tarski tiktoken tinyBenchmarks tokenizers torch tqdm transformers unitxt
    wonderwords word2number yaml accelerate peft vllm jsonlines more_itertools joblib absl zstandard pybind11 dill sqlitedict numexpr
    typepy tcolorpy tabledata pathvalidate chardet filelock fsspec multiprocess xxhash
'''.split())
VERSIONS = {'antlr4-python3-runtime': '4.11.0', 'sympy': '1.13.1', 'math_verify': '0.7.0', 'math-verify': '0.7.0', 'datasets': '3.6.0',
            'numpy': '2.2.3'}


def prepare():
    """Puts the emulations in place; once per box, before any function of a task is loaded."""
    hub = types.ModuleType('datasets')
    hub.__path__ = []
    hub.__version__ = VERSIONS['datasets']
    for made in (dataset.Dataset, dataset.DatasetDict, features.Features, features.Value, features.ClassLabel, features.Sequence):
        made.__module__ = 'datasets'
        setattr(hub, made.__name__, made)
    hub.concatenate_datasets = dataset.concatenate_datasets
    hub.__getattr__ = stand_in('datasets')
    sys.modules['datasets'] = hub

    numpy = types.ModuleType('numpy')
    numpy.__dict__.update({name: value for name, value in vars(numbers).items() if not name.startswith('_')})
    numpy.__version__, numpy.__path__ = VERSIONS['numpy'], []
    numpy.random, numpy.bool = chance, numbers.bool_
    numpy.__getattr__ = stand_in('numpy')
    sys.modules['numpy'], sys.modules['numpy.random'] = numpy, chance

    bars = types.ModuleType('tqdm')
    bars.__path__ = []
    bars.tqdm = bars.trange = lambda iterable=None, *args, **options: iterable
    sys.modules['tqdm'] = sys.modules['tqdm.auto'] = bars

    frames = refusing.StandModule('pandas')
    frames.__path__ = []
    frames.DataFrame = dataset.DataFrame
    sys.modules['pandas'] = frames

    for package in ('lm_eval', 'lm_eval.tasks', 'lm_eval.api', 'lm_eval.filters', 'lm_eval.models'):
        module = types.ModuleType(package)
        module.__path__ = [f'{ROOT}/{package.replace(".", "/")}']
        sys.modules[package] = module
        parent, _, name = package.rpartition('.')
        if parent:
            setattr(sys.modules[parent], name, module)
    sys.meta_path.append(refusing.Finder(lambda name: name.partition('.')[0] in REFUSED or name.startswith('lm_eval.')))

    real = importlib.metadata.version
    importlib.metadata.version = lambda name: VERSIONS[name] if name in VERSIONS else real(name)


def stand_in(package):
    def find(name):
        if name.startswith('__'):
            raise AttributeError(name)
        return refusing.Placeholder(f'{package}.{name}')
    return find


def mount(files):
    """Writes the files of the harness and of include folders, by their paths."""
    for path, text in files.items():
        place = os.path.join(ROOT, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, 'w', encoding='utf-8') as file:
            file.write(text)
    importlib.invalidate_caches()


def function_of(reference):
    """`import_function` (lm_eval/utils.py): the module is run anew for each function."""
    path = os.path.join(ROOT, reference['path'])
    spec = importlib.util.spec_from_file_location(os.path.basename(path).removesuffix('.py'), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, reference['name'])
