import type { Row } from '../parquet.ts';

/** A data set of ours under the path that tasks of the harness read: its splits' sizes and what a row of it holds. */
export interface MadeUp {
  /** `<path>/<config or default>`, as in the bucket. */
  readonly at: string;
  readonly splits: Readonly<Record<string, number>>;
  /** @param i numbers the rows of all splits */
  readonly row: (i: number, split: string) => Row;
  /** Names of the classes of columns that hold the number of one, as the note of a file tells them. */
  readonly classes?: Readonly<Record<string, readonly string[]>>;
}

const TAILS = [
  '.',
  ' «ü»?',
  '!\n',
  ' {{x}} {a}',
  ' 日本 🚀',
  " 'it''s' \"so\"",
  ' [title] now [step] on',
  '\u2028end  ',
];
/** A text that is another for each row, and unpleasant in many. */
const t = (name: string, i: number) => `${name} ${i}${TAILS[(i + name.length) % TAILS.length]}`;
const pick = <T>(i: number, ...of: [T, ...T[]]): T => of[i % of.length] ?? of[0];
const list = (name: string, i: number, count: number) => Array.from({ length: count }, (_, n) => t(`${name}${n}`, i));
const letter = (i: number, of = 'ABCD') => of[i % of.length] ?? '';
/** A list as Python would print it; some data sets hold such text. */
const printed = (items: readonly string[]) => `[${items.map((item) => `'${item}'`).join(', ')}]`;
const TEST = { test: 6, validation: 5 };
const lettered = (name: string, letters: string, i: number) =>
  Object.fromEntries([...letters].map((of) => [of, t(`${name} ${of}`, i)]));
const gpqa = (i: number): Row => ({
  Question: t('Which', i),
  'Correct Answer': t('right [title]', i),
  ...Object.fromEntries([1, 2, 3].map((n) => [`Incorrect Answer ${n}`, t(`wrong ${n}`, i)])),
});
const prox = (categories: readonly [string, ...string[]]) => (i: number) => ({
  question_id: i,
  question: t('frage', i),
  ...Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`option_${n}`, n < 8 - (i % 3) ? t(`o${n}`, i) : null])),
  answer: letter(i),
  answer_index: i % 4,
  cot_content: `A: ${t("Let's think", i)}`,
  category: pick(i, ...categories),
});
const mmluPro = (i: number): Row => ({
  question_id: i,
  question: t('ask', i),
  options: list('option', i, 4 + (i % 5)),
  answer: letter(i),
  answer_index: i % 4,
  cot_content: `A: Let's think. ${t('So it goes', i)} The answer is (${letter(i)}).`,
  category: pick(i, 'biology', 'law', 'biology'),
  src: 'ours',
});
const llamaMmlu = (subject: string) => (i: number) => ({
  subtask_name: `${pick(i, subject, 'another', subject)}`,
  input_question: t('pregunta', i),
  input_choice_list: lettered('c', 'ABCD', i),
  input_correct_responses: [letter(i)],
});
const messages = (second: string, i: number) => [
  { content: `${t('كلام', i)}\n-سلبي\n-ايجابي\nشنو`, role: 'user' },
  { content: second, role: 'assistant' },
];
/** What the assistant says in each split of that data set. */
const DARIJA: Readonly<Record<string, (i: number) => string>> = {
  electro_maroc: (i) => pick(i, 'ايجابي', 'سلبي'),
  marsum: (i) => t('ملخص', i),
  doda: (i) => t('ترجمة', i),
  transliteration: (i) => t('حرف', i),
};
const afrimmlu = (i: number): Row => ({
  subject: pick(i, 'elementary_mathematics', 'law'),
  question: t('q', i),
  choices: printed([`a${i}`, 'b ü', 'c', 'd']),
  answer: letter(i),
});
const nli = (i: number): Row => ({ premise: t('premise', i), hypothesis: t('It follows', i), label: i % 3 });
const pairs = (i: number): Row => ({ sentence1: t('one', i), sentence2: t('two', i), label: i % 2 });
const grande = (i: number): Row => ({
  sentence: `The ${i}. cat and the dog: _ slept.`,
  option1: t('cat', i),
  option2: t('dog', i),
  answer: pick(i, '1', '2'),
});
const copa = (i: number): Row => ({
  premise: `Rain ${i} fell.`,
  choice1: `The street ${i} got wet.`,
  choice2: `Ünder ${i}.`,
  question: pick(i, 'cause', 'effect'),
  label: i % 2,
});
const truthful = (i: number): Row => ({
  question: t('truth', i),
  best_answer: t('best', i),
  correct_answers: pick(i, ['yes.', 'I have no comment.'], ['right'], ['', 'ja ']),
  incorrect_answers: list('no', i, 1 + (i % 3)),
});
const moral = (i: number): Row => ({
  norm: t('norm', i),
  situation: t('situation', i),
  intention: t('intention', i),
  moral_action: t('good', i),
  immoral_action: t('bad', i),
});
const swag = (i: number): Row => ({
  activity_label: pick(i, 'Cooking', 'شرح'),
  ctx_a: `${t('A man', i)} [header] x`,
  ctx_b: pick(i, 'he', 'élan', ''),
  ctx: t('ctx', i),
  endings: list('end [step]', i, 4),
  label: pick(i, '0', '3', '1'),
});
const math = (i: number): Row => ({
  problem: `What is $${i}^2$?`,
  level: pick(i, 'Level 5', 'Level 5', 'Level 2'),
  type: 'Algebra',
  solution: pick(
    i,
    `We get $\\boxed{${i * i}}$.`,
    `It is $\\boxed{\\frac{${i}}2}$`,
    `\\boxed{\\text{cm}} and \\fbox{7}`,
  ),
});

/** All of them. Those of one path hold the splits of each entry. */
export const MADE_UP: readonly MadeUp[] = [
  { at: 'masakhane/afrimmlu/amh', splits: TEST, row: afrimmlu },
  { at: 'masakhane/afrimmlu-translate-test/amh', splits: { test: 5 }, row: afrimmlu },
  {
    at: 'masakhane/afrixnli/amh',
    splits: TEST,
    row: nli,
    classes: { label: ['entailment', 'neutral', 'contradiction'] },
  },
  { at: 'masakhane/afrixnli-translate-test/amh', splits: { test: 5 }, row: nli },
  {
    at: 'masakhane/masakhapos/bam',
    splits: { test: 4, train: 6, validation: 2 },
    row: (i) => ({ id: `${i}`, tokens: ['Muso', 'ye', `ji${i}`, '.'], upos: [i % 17, 3, 12, 1] }),
  },
  {
    at: 'OALL/AlGhafa-Arabic-LLM-Benchmark-Native/mcq_exams_test_ar',
    splits: TEST,
    row: (i) => ({
      query: t('سؤال', i),
      sol1: t('أ', i),
      sol2: 'ب',
      sol3: 'ج ',
      sol4: t('د', i),
      label: pick(i, '0', '3'),
    }),
  },
  {
    at: 'OALL/Arabic_MMLU/abstract_algebra',
    splits: { test: 5, dev: 6 },
    row: (i) => ({ question: t('س', i), ...lettered('ج', 'ABCD', i), answer: letter(i), subject: 'abstract_algebra' }),
  },
  {
    at: 'OALL/AlGhafa-Arabic-LLM-Benchmark-Translated/boolq_ar',
    splits: TEST,
    row: (i) => ({ question: t('س', i), passage: t('نص', i), answer: i % 2 === 0 }),
  },
  {
    at: 'OALL/ACVA/Algeria',
    splits: TEST,
    row: (i) => ({ id: `${i}`, question: t('س', i), answer: pick(i, 'صح', 'خطأ') }),
  },
  {
    at: 'QCRI/AraDiCE-BoolQ/BoolQ-egy',
    splits: { test: 5 },
    row: (i) => ({ question: t('س', i), passage: t('نص', i), answer: pick(i, 'true', 'false') }),
  },
  {
    at: 'QCRI/AraDICE-ArabicMMLU-lev/high_humanities_history',
    splits: { test: 6 },
    row: (i) => ({
      ID: i,
      question: t('س', i),
      context: pick(i, 'سياق', null, 'آخر'),
      options: { A: t('أ', i), B: 'ب', C: 'ج', D: i % 2 ? 'د' : null, E: null },
      'Answer Key': letter(i, 'AB'),
      Level: 'High',
      Country: pick(i, 'Jordan', null),
      Subject: 'History',
      Group: 'Humanities',
    }),
  },
  {
    at: 'HPAI-BSC/CareQA/CareQA_en',
    splits: { test: 5 },
    row: (i) => ({
      exam_id: i,
      question: t('care', i),
      ...Object.fromEntries([1, 2, 3, 4].map((n) => [`op${n}`, t(`op${n}`, i)])),
      cop: 1 + (i % 4),
    }),
  },
  { at: 'projecte-aina/teca/default', splits: { ...TEST, train: 6 }, row: nli, classes: { label: ['e', 'n', 'c'] } },
  {
    at: 'BigScienceBiasEval/crows_pairs_multilingual/english',
    splits: { test: 8 },
    row: (i) => ({
      sent_more: t('more', i),
      sent_less: t('less', i),
      stereo_antistereo: 'stereo',
      bias_type: pick(i, 'autre', 'gender'),
    }),
  },
  {
    at: 'MBZUAI-Paris/DarijaBench/default',
    splits: { doda: 5, electro_maroc: 5, marsum: 5, transliteration: 6 },
    row: (i, split) => ({
      direction: split === 'doda' ? pick(i, 'dr_fr', 'fr_dr') : pick(i, 'dr_ar', 'ar_dr', 'dr_ar'),
      messages: messages(DARIJA[split]?.(i) ?? '', i),
    }),
  },
  {
    at: 'HiTZ/EusTrivia/default',
    splits: { test: 7 },
    row: (i) => ({ id: i, question: t('Zer', i), candidates: list('k', i, 2 + (i % 3)), answer: i % 2 }),
  },
  {
    at: 'HiTZ/EusExams/es_ejadministrativo',
    splits: { test: 9 },
    row: (i) => ({
      id: i,
      question: t('Qué', i),
      candidates: list('k', i, 4),
      answer: pick(i, 2, null, 0),
      link: 'x',
    }),
  },
  {
    at: 'HiTZ/EusReading/default',
    splits: { test: 6 },
    row: (i) => ({
      id: i,
      context: t('Testu', i),
      question: t('Zer', i),
      candidates: list('k', i, 2 + (i % 3)),
      answer: i % 2,
    }),
  },
  {
    at: 'evalitahf/entity_recognition/adg',
    splits: { reduced_test: 5, dev: 5 },
    row: (i) => ({ text: t('Il testo', i), entities: [{ entity_text: 'Anna', type: 'PER' }].slice(i % 2) }),
  },
  {
    at: 'proxectonos/parafrases_gl/default',
    splits: { ...TEST, train: 6 },
    row: (i) => ({ Frase: t('frase', i), Paráfrase: t('outra', i), Avaliación: i % 3 }),
  },
  { at: 'proxectonos/PAWS-gl/default', splits: { test: 6 }, row: pairs },
  { at: 'paws-x/es', splits: { ...TEST, train: 6 }, row: pairs, classes: { label: ['0', '1'] } },
  {
    at: 'maximegmd/glianorex/default',
    splits: { test: 7 },
    row: (i) => ({
      question: t('glande', i),
      options: lettered('o', 'ABCD', i),
      answer: t('a', i),
      answer_idx: letter(i),
      language: pick(i, 'en', 'fr'),
    }),
  },
  {
    at: 'CohereForAI/Global-MMLU-Lite/ar',
    splits: { test: 7, dev: 9 },
    row: (i) => ({
      sample_id: `${i}`,
      subject: 'x',
      subject_category: pick(i, 'Business', 'STEM', 'Business'),
      question: t('س', i),
      ...Object.fromEntries([...'abcd'].map((of) => [`option_${of}`, t(of, i)])),
      answer: letter(i),
    }),
  },
  {
    at: 'CohereForAI/Global-MMLU/am',
    splits: { test: 6, dev: 5 },
    row: (i) => ({
      subject: pick(i, 'abstract_algebra', 'anatomy'),
      question: t('ጥያቄ', i),
      ...Object.fromEntries([...'abcd'].map((of) => [`option_${of}`, t(of, i)])),
      answer: letter(i),
    }),
  },
  {
    at: 'glue/mnli',
    splits: { train: 6, validation_matched: 5, validation_mismatched: 2 },
    row: (i) => ({ ...nli(i), idx: i }),
    classes: { label: ['entailment', 'neutral', 'contradiction'] },
  },
  {
    at: 'OALL/AlGhafa-Arabic-LLM-Benchmark-Translated/sciq_ar',
    splits: { test: 7, validation: 9 },
    row: (i) => ({
      question: t('سؤال', i),
      support: t('سياق', i),
      correct_answer: t('صحيح', i),
      ...Object.fromEntries([1, 2, 3].map((n) => [`distractor${n}`, t(`خطأ ${n}`, i)])),
    }),
  },
  {
    at: 'web_questions/default',
    splits: { test: 6, train: 7 },
    row: (i) => ({ url: `u${i}`, question: t('who', i), answers: [t('z', i), t('a b', i), 'a', t('m', i)] }),
  },
  { at: 'Idavidrein/gpqa/gpqa_diamond', splits: { train: 8 }, row: gpqa },
  { at: 'Idavidrein/gpqa/gpqa_main', splits: { train: 6 }, row: gpqa },
  {
    at: 'harsh147/GroundCocoa/default',
    splits: { test: 5, validation: 3 },
    row: (i) => ({
      id: i,
      query: t('a flight', i),
      ...Object.fromEntries([...'ABCDE'].map((of) => [`Option ${of}`, t(`fly ${of}`, i)])),
      Answer: letter(i, 'ABCDE'),
    }),
  },
  { at: 'EleutherAI/hendrycks_math/algebra', splits: { test: 5, train: 7 }, row: math },
  {
    at: 'HAERAE-HUB/HRM8K/GSM8K',
    splits: { test: 5 },
    row: (i) => ({ original: t('How many', i), question: t('몇', i), answer: pick(i, '12', '3.50', '-1') }),
  },
  {
    at: 'CohereForAI/include-base-44/Albanian',
    splits: { test: 7 },
    row: (i) => ({
      language: 'Albanian',
      domain: pick(i, 'Business & Commerce', 'Driving License'),
      question: t('Cila', i),
      ...Object.fromEntries([...'abcd'].map((of) => [`option_${of}`, t(of, i)])),
      answer: i % 4,
    }),
  },
  {
    at: 'polm-stability/xwinograd-ja/default',
    splits: { test: 5 },
    row: (i) => ({ sentence1: t('猫', i), sentence2: t('犬', i), answer: 1 + (i % 2) }),
  },
  { at: 'TIGER-Lab/MMLU-Pro/default', splits: { test: 7, validation: 9 }, row: mmluPro },
  {
    at: 'saeidasgari/mmlu-pro-plus/default',
    splits: { test: 6, validation: 9 },
    row: (i) => ({ ...mmluPro(i), category: 'business' }),
  },
  {
    at: 'meta-llama/Llama-3.1-8B-Instruct-evals/Llama-3.1-8B-Instruct-evals__multilingual_mmlu_es__details',
    splits: { latest: 6 },
    row: llamaMmlu('mmlu_es_chat.astronomy'),
  },
  {
    at: 'baber/logiqa2/logiqa2',
    splits: { ...TEST, train: 6 },
    row: (i) => ({ id: i, answer: i % 4, text: t('text', i), question: t('why', i), options: list('o', i, 4) }),
  },
  {
    at: 'EleutherAI/logiqa/logiqa',
    splits: { ...TEST, train: 6 },
    row: (i) => ({
      label: letter(i, 'abcd'),
      context: t('context', i),
      question: t('why', i),
      options: list('o', i, 4),
    }),
  },
  {
    at: 'medmcqa/default',
    splits: { validation: 5, train: 6 },
    row: (i) => ({
      id: `${i}`,
      question: t('drug', i),
      ...Object.fromEntries([...'abcd'].map((of) => [`op${of}`, t(of, i)])),
      cop: i % 4,
    }),
    classes: { cop: ['a', 'b', 'c', 'd'] },
  },
  {
    at: 'HCAI/metabench/GSM8K',
    splits: { primary: 4 },
    row: (i) => ({
      question: t('sum', i),
      answer: `#### ${i}`,
      ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`gsm8k_prompt_shot_${n}`, t(`shot ${n}`, i)])),
      ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`gsm8k_answer_shot_${n}`, t(`#### ${n}`, i)])),
      ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`gsm8k_idx_shot_${n}`, n])),
      allfiveshot_longprompt: 'x',
    }),
  },
  {
    at: 'facebook/mlqa/mlqa.ar.de',
    splits: { ...TEST },
    row: (i) => ({
      context: t('سياق', i),
      question: t('Wer', i),
      answers: { answer_start: [i, 3], text: [t('نص', i), 'zwei'] },
      id: `${i}`,
    }),
  },
  { at: 'li-lab/MMLU-ProX/ar', splits: { test: 6, validation: 8 }, row: prox(['biology', 'law']) },
  { at: 'li-lab/MMLU-ProX/ja', splits: { test: 6, validation: 8 }, row: prox(['chemistry', 'math']) },
  {
    at: 'NiniCat/MMLU-SR/answer_only_abstract_algebra',
    splits: { test: 5, train: 6 },
    row: (i) => ({
      question: t('q', i),
      ...Object.fromEntries([1, 2, 3, 4].map((n) => [`choice${n}`, t(`c${n}`, i)])),
      answer: i % 4,
    }),
  },
  {
    at: 'Sprakbanken/Norwegian_idioms/default',
    splits: { test: 6 },
    row: (i) => ({
      idiom_start: t('bort', i),
      accepted_completions: list('og', i, 2),
      language: pick(i, 'nob', 'nno'),
      splits: 'x',
    }),
  },
  {
    at: 'ltg/noropenbookqa/nn',
    splits: { test: 6, train: 8 },
    row: (i) => ({
      id: `${i}`,
      question_stem: t('kva', i),
      choices: { text: list('v', i, 4), label: ['A', 'B', 'C', 'D'] },
      answer: letter(i),
      fact: pick(i, '', t('fakta', i), t('meir', i)),
    }),
  },
  {
    at: 'ltg/norquad/default',
    splits: { ...TEST, train: 6 },
    row: (i) => ({
      id: `${i}`,
      title: t('tittel', i),
      context: t('Ei setning.\nEn annen', i),
      question: t('hva', i),
      answers: { answer_start: [i], text: [t('svar', i)] },
    }),
  },
  { at: 'ltg/nortruthfulqa_gen/nn', splits: { validation: 5 }, row: truthful },
  {
    at: 'ltg/nortruthfulqa_mc/nn',
    splits: { validation: 5 },
    row: (i) => ({
      question: t('sant', i),
      mc1_targets: { choices: list('v', i, 3), labels: [1, 0, 0] },
      mc2_targets: { choices: list('w', i, 3), labels: [1, 1, 0] },
    }),
  },
  {
    at: 'ltg/nrk_quiz_qa/nn',
    splits: { test: 5 },
    row: (i) => ({
      id: `${i}`,
      article_id: 'a',
      question: t('quiz', i),
      answer: letter(i, 'ABC'),
      choices: { label: ['A', 'B', 'C'], text: list('v', i, 3) },
    }),
  },
  { at: 'alexandrainst/m_hellaswag/ar', splits: { val: 5 }, row: swag },
  { at: 'MBZUAI-Paris/DarijaHellaSwag/default', splits: { validation: 4, train: 6 }, row: swag },
  {
    at: 'alexandrainst/m_truthfulqa/ar',
    splits: { val: 5 },
    row: (i) => ({
      question: t('س', i),
      mc1_targets_choices: list('ج', i, 3),
      mc1_targets_labels: [1, 0, 0],
      mc2_targets_choices: list('د', i, 4),
      mc2_targets_labels: [1, 1, 0, 0],
    }),
  },
  { at: 'truthful_qa/generation', splits: { validation: 5 }, row: truthful },
  {
    at: 'bigbio/pubmed_qa/pubmed_qa_labeled_fold0_source',
    splits: { ...TEST, train: 6 },
    row: (i) => ({
      QUESTION: t('cells', i),
      CONTEXTS: list('study', i, 3),
      final_decision: pick(i, 'yes', 'no', 'maybe'),
    }),
  },
  {
    at: 'csebuetnlp/xlsum/spanish',
    splits: { ...TEST, train: 6 },
    row: (i) => ({ id: `${i}`, title: t('título', i), summary: t('resumen', i), text: `${t('texto', i)}\nmás.` }),
  },
  { at: 'super_glue/copa', splits: { validation: 5, train: 6 }, row: copa, classes: { label: ['choice1', 'choice2'] } },
  {
    at: 'EleutherAI/lambada_openai/default',
    splits: { test: 6 },
    row: (i) => ({ text: `${t('At', i)} he said hm${i}` }),
  },
  {
    at: 'lambada/default',
    splits: { test: 5, validation: 3 },
    row: (i) => ({ text: `so ${t('it went', i)} — ünd${i}`, domain: 'x' }),
  },
  {
    at: 'EleutherAI/arithmetic/arithmetic_1dc',
    splits: { validation: 6 },
    row: (i) => ({ context: `Question: What is (${i} + 1) * 2?\nAnswer:`, completion: ` ${2 * i + 2}` }),
  },
  {
    at: 'EleutherAI/asdiv/default',
    splits: { validation: 5 },
    row: (i) => ({
      body: t('Seven pens', i),
      question: t('How many?', i),
      'solution-type': 'Addition',
      answer: `${i} (pens)`,
      formula: '1+1=2',
    }),
  },
  { at: 'xcopa/et', splits: { test: 5, validation: 6 }, row: copa },
  { at: 'haryoaw/COPAL/id', splits: { test: 6 }, row: copa },
  {
    at: 'super_glue/record',
    splits: { validation: 4, train: 5 },
    row: (i) => ({
      passage: `${t('A talk', i)}\n@highlight\nfirst ${i}\n@highlight\nsecond`,
      query: `The ${i}. @placeholder spoke`,
      entities: ['Ann', 'Bob', `Zoë ${i}`],
      answers: pick(i, ['Ann'], ['Bob', 'Ann'], ['Ann', 'Bob']),
      idx: { passage: i, query: i },
    }),
  },
  {
    at: 'super_glue/wsc.fixed',
    splits: { validation: 5, train: 6 },
    row: (i) => ({
      text: `Mark ${i} told Pete that he was late .`,
      span1_index: 0,
      span2_index: 5,
      span1_text: 'Mark',
      span2_text: 'he',
      idx: i,
      label: i % 2,
    }),
    classes: { label: ['False', 'True'] },
  },
  {
    at: 'miulab/tmlu/AST_biology',
    splits: { test: 5, dev: 6 },
    row: (i) => ({
      question: t('問', i),
      ...lettered('選', 'ABCD', i),
      answer: letter(i),
      explanation: '',
      metadata: 'x',
    }),
  },
  {
    at: 'ZoneTwelve/tmmluplus/accounting',
    splits: { test: 5, train: 6 },
    row: (i) => ({ question: t('問', i), ...lettered('選', 'ABCD', i), answer: letter(i) }),
  },
  {
    at: 'oskarvanderwal/winogender/all',
    splits: { test: 8 },
    row: (i) => ({
      sentid: `${i}`,
      sentence: `The cook ${i} told the guest that she was done.`,
      pronoun: 'she',
      occupation: 'cook',
      participant: 'guest',
      gender: pick(i, 'female', 'male'),
      target: 'cook',
      label: i % 2,
    }),
  },
  { at: 'Muennighoff/xwinograd/fr', splits: { test: 5 }, row: grande },
  { at: 'tinyBenchmarks/tinyWinogrande/winogrande_xl', splits: { validation: 5, train: 6 }, row: grande },
  {
    at: 'MBZUAI/ArabCulture/Algeria',
    splits: { test: 6 },
    row: (i) => ({
      country: pick(i, 'Algeria', 'Tunisia'),
      region: 'North Africa',
      first_statement: t('جملة', i),
      options: { english_keys: ['A', 'B', 'C'], arabic_keys: ['أ', 'ب', 'ج'], text: list('خ', i, 3) },
      answer_key: { english_answer_key: letter(i, 'ABC'), arabic_answer_key: letter(i, 'أبج') },
    }),
  },
  {
    at: 'oskarvanderwal/bbq/All',
    splits: { test: 6 },
    row: (i) => ({
      example_id: i,
      question_index: `${i}`,
      question_polarity: pick(i, 'neg', 'nonneg'),
      context_condition: pick(i, 'ambig', 'disambig', 'ambig'),
      category: 'Age',
      answer_info: {
        ans0: ['grandfather', 'old'],
        ans1: ['grandson', 'nonOld'],
        ans2: [pick(i, 'Not known', 'Unknown'), 'unknown'],
      },
      additional_metadata: { subcategory: 'None', stereotyped_groups: ['old'], version: 'a', source: 'b' },
      context: t('They met', i),
      question: t('Who', i),
      ans0: 'The grandfather',
      ans1: 'The grandson',
      ans2: pick(i, 'Not known', 'Unknown'),
      label: i % 3,
    }),
  },
  {
    at: 'ambean/lingOly/default',
    splits: { test: 3 },
    row: (i) => ({
      overall_question_n: i,
      obfuscated: 'x',
      preamble: t('Words', i),
      context: t('kala', i),
      questions: JSON.stringify([
        { prompt: t('P1', i), subprompts: [{ questionpart_n: 'a', question: 'qa', answer: 'x' }] },
        {
          prompt: `P2 ${i}`,
          subprompts: [
            { questionpart_n: 'b', question: 'ü', answer: 'w' },
            { questionpart_n: 'c', question: 'qc', answer: ['y', 'z'] },
          ],
        },
      ]),
    }),
  },
  {
    at: 'hails/agieval-aqua-rat/default',
    splits: { test: 3 },
    row: (i) => ({
      query: `Q: ${t('sum', i)} Answer Choices: (A)${i} (B)b (C)c (D)d (E)e\nA: Among A through E, the answer is`,
      choices: [`(A)${i}`, '(B)b', '(C)c', '(D)d', '(E)e'],
      gold: [i % 5],
    }),
  },
  {
    at: 'EleutherAI/drop/default',
    splits: { validation: 4, train: 6 },
    row: (i) => {
      const spans = pick(i, ['12 apples'], [], ['Ann', 'Bob']);
      const empty = { day: '', month: '', year: '' };
      return {
        section_id: 's',
        query_id: `${i}`,
        passage: t('They played', i),
        question: t('how many', i),
        answer: { number: i % 3 === 1 ? `${i}` : '', date: empty, spans, worker_id: '', hit_id: '' },
        validated_answers: {
          number: ['', `${i}`],
          date: [empty, { day: '3', month: 'May', year: `19${10 + i}` }],
          spans: [[t('span', i)], ['']],
          worker_id: ['', ''],
          hit_id: ['', ''],
        },
      };
    },
  },
  {
    at: 'openai/openai_humaneval/default',
    splits: { test: 4 },
    row: (i) => ({
      task_id: `HumanEval/${i}`,
      prompt: `def f${i}(x):\n    """Doubles. ${TAILS[i]}"""\n`,
      canonical_solution: '    return 2 * x\n',
      test: 'def check(f):\n    assert f(1) == 2\n',
      entry_point: `f${i}`,
    }),
  },
  {
    at: 'google-research-datasets/mbpp/full',
    splits: { test: 4 },
    row: (i) => ({
      task_id: i,
      text: t('Write a function', i),
      code: 'def f(x): return x',
      test_list: [`assert f(${i}) == ${i}`, 'assert f(0) == 0', 'assert f(1) == 1'],
      test_setup_code: '',
      challenge_test_list: [],
    }),
  },
  {
    at: 'TAUR-Lab/MuSR/default',
    splits: { object_placements: 5 },
    row: (i) => ({
      narrative: t('Once', i),
      question: t('where', i),
      choices: printed(['the desk', `box ${i}`, 'hall ü']),
      answer_index: i % 3,
      answer_choice: pick(i, 'the desk', `box ${i}`, 'hall ü'),
    }),
  },
  {
    at: 'EleutherAI/coqa/default',
    splits: { validation: 3, train: 5 },
    row: (i) => {
      const said = (text: string) => ({
        input_text: list(text, i, 2 + (i % 2)),
        turn_id: i % 2 ? [1, 2, 3] : [1, 2],
      });
      return { id: `${i}`, source: 'x', story: t('Once', i), questions: said('q'), answers: said('a') };
    },
  },
  {
    at: 'math_qa/default',
    splits: { ...TEST, train: 6 },
    row: (i) => ({
      Problem: t('trains', i),
      Rationale: 'r',
      options: `a ) ${i} , b ) 3 / 2 , c ) x , d ) 12 % , e ) none of these`,
      correct: letter(i, 'abcde'),
    }),
  },
  {
    at: 'skt/kobest_v1/hellaswag',
    splits: { ...TEST, train: 6 },
    row: (i) => ({
      context: t('그는', i),
      ...Object.fromEntries([1, 2, 3, 4].map((n) => [`ending_${n}`, t(`끝${n}`, i)])),
      label: i % 4,
    }),
    classes: { label: ['ending_1', 'ending_2', 'ending_3', 'ending_4'] },
  },
  {
    at: 'skg/toxigen-data/annotated',
    splits: { test: 6, train: 7 },
    row: (i) => ({
      text: t('they', i),
      toxicity_ai: pick(i, 1.5, 4.5, 2.25),
      toxicity_human: pick(i, 1.25, 3.5, 2.0001),
    }),
  },
  {
    at: 'HAERAE-HUB/csatqa/GR',
    splits: { test: 5 },
    row: (i) => ({
      test_number: `${i}`,
      question: t('질문', i),
      context: t('글', i),
      ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`option#${n}`, t(`답${n}`, i)])),
      gold: 1 + (i % 5),
      category: 'GR',
    }),
  },
  {
    at: 'winograd_wsc/wsc273',
    splits: { test: 5 },
    row: (i) => ({
      text: `Anna ${i} thanked Emma because she helped.`,
      pronoun: 'she',
      pronoun_loc: `Anna ${i} thanked Emma because `.length,
      quote: 'she helped',
      quote_loc: 3,
      options: [`Anna ${i}`, 'the girl'],
      label: i % 2,
      source: 'x',
    }),
    classes: { label: ['0', '1'] },
  },
  {
    at: 'EleutherAI/mutual/mutual',
    splits: { validation: 5, train: 6 },
    row: (i) => ({
      answers: letter(i),
      options: list("f : i ' m", i, 4),
      article: `m : ${t('where', i)} f : here . m : it ' s late , is n't it ?`,
      id: `${i}`,
    }),
  },
  {
    at: 'EleutherAI/race/high',
    splits: { test: 4 },
    row: (i) => ({
      article: t('A story', i),
      problems: `[{'question': 'Who _ ${i} ?', 'answer': '${letter(i)}', 'options': ['a', 'b', 'c', 'd']}, {'question': 'Why?', 'answer': 'B', 'options': ['e', 'f', "g's", 'h']}, {'question': 'It was _ .', 'answer': 'A', 'options': ['i', 'j', 'k', 'l']}]`,
    }),
  },
  { at: 'demelin/moral_stories/full', splits: { train: 5 }, row: moral },
  { at: 'LabHC/histoires_morales/default', splits: { train: 5 }, row: moral },
  {
    at: 'GBaker/MedQA-USMLE-4-options-hf/default',
    splits: { ...TEST, train: 6 },
    row: (i) => ({
      id: `${i}`,
      sent1: t('A man', i),
      sent2: '',
      ...Object.fromEntries([0, 1, 2, 3].map((n) => [`ending${n}`, t(`e${n}`, i)])),
      label: i % 4,
    }),
  },
];
