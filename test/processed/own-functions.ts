/** Python of our own, as an include folder or the harness would hold it: a module for each kind of task with functions. */
export const MODULES: Record<string, string> = {
  'filter/utils.py': `
def process_docs(dataset):
    return dataset.filter(lambda row: row["n"] % 3 != 1)
`,
  'exampleless/utils.py': `
def process_docs(dataset):
    return dataset.filter(lambda row: row["n"] % 2 == 0)
`,
  'multiply/utils.py': `
import datasets

def process_docs(dataset):
    made = {"asked": [], "n": []}
    for row in dataset:
        for i in range(row["n"] % 3):
            made["asked"].append(f"{row['q']} #{i}")
            made["n"].append(row["n"])
    return datasets.Dataset.from_dict(made)
`,
  'overwrite/utils.py': `
def process_docs(dataset):
    def change(row):
        row["q"] = row["q"].upper() + "!"
        row["twice"] = row["n"] * 2.0
        return row
    return dataset.map(change)
`,
  'fields/utils.py': `
def text(doc):
    if doc["n"] == 4:
        raise KeyError("no text")
    return f"<{doc['q']}>\\u2028"

def choices(doc):
    return (doc["q"], "other")

def target(doc):
    return doc["n"] % 2

def shown(doc):
    return "shown " + doc["q"]
`,
  'changes/utils.py': `
def choices(doc):
    doc["n"] = [doc["n"], (1, 2.0)]
    doc["seen"] = doc.pop("q")
    return [doc["seen"], "other"]

def target(doc):
    return len(doc) % 2
`,
  'chance/utils.py': `
import random

def process_docs(dataset):
    def change(row):
        order = [row["q"], "b", "c", "d"]
        random.shuffle(order)
        return {"order": order, "at": order.index(row["q"])}
    return dataset.map(change)
`,
  'raises/utils.py': `
def process_docs(dataset):
    return dataset.map(lambda row: {"x": 1 // (row["n"] - 103)})
`,
  'hangs/utils.py': `
def process_docs(dataset):
    while True:
        pass
`,
  'eats/utils.py': `
def process_docs(dataset):
    return dataset.map(lambda row: {"x": len(bytearray(1_500_000_000))})
`,
};

const COMMON = (name: string) => `task: ${name}
dataset_path: own/numbers
training_split: train
test_split: test
output_type: generate_until
generation_kwargs: {until: ["\\n"]}
`;

/** Definitions of tasks that name the functions. */
export const DEFINITIONS: Record<string, string> = {
  'filter/t.yaml': `${COMMON('own_filter')}process_docs: !function utils.process_docs
doc_to_text: "{{q}}"
doc_to_target: "{{n}}"
`,
  'multiply/t.yaml': `${COMMON('own_multiply')}process_docs: !function utils.process_docs
doc_to_text: "{{asked}}"
doc_to_target: "{{n}}"
`,
  'overwrite/t.yaml': `${COMMON('own_overwrite')}process_docs: !function utils.process_docs
doc_to_text: q
doc_to_target: "{{twice}}"
`,
  'fields/t.yaml': `${COMMON('own_fields')
    .replace('generate_until', 'multiple_choice')
    .replace(/generation_kwargs.*\n/, '')}doc_to_text: !function utils.text
doc_to_choice: !function utils.choices
doc_to_target: !function utils.target
fewshot_config:
  doc_to_text: !function utils.shown
`,
  'exampleless/t.yaml': `${COMMON('own_exampleless')}process_docs: !function utils.process_docs
fewshot_split: dev
doc_to_text: q
doc_to_target: q
`,
  'changes/t.yaml': `${COMMON('own_changes')
    .replace('generate_until', 'multiple_choice')
    .replace(/generation_kwargs.*\n/, '')}doc_to_text: "{{q}}"
doc_to_choice: !function utils.choices
doc_to_target: !function utils.target
`,
  'chance/t.yaml': `${COMMON('own_chance')}process_docs: !function utils.process_docs
doc_to_text: "{{order}} {{at}}"
doc_to_target: "{{at}}"
`,
  ...Object.fromEntries(
    ['raises', 'hangs', 'eats'].map((name) => [
      `${name}/t.yaml`,
      `${COMMON(`own_${name}`)}process_docs: !function utils.process_docs\ndoc_to_text: q\ndoc_to_target: q\n`,
    ]),
  ),
};
