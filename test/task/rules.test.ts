import { describe, expect, it } from 'vitest';
import { errorOf } from '../helpers/error-of.ts';
import { docOf, mapping, prompt, render, taskOf, turns } from './own-task.ts';

const DOC = docOf(5, { q: 'two?', a: '2' });
const EXAMPLE = docOf(1, { q: 'one?', a: '1' });

describe('FIELD-8: empty is not unset', () => {
  const silent = taskOf({ fewshot_config: mapping({ doc_to_text: 'S: {{q}}\n\n', doc_to_target: '' }) });

  it('an empty answer of an example stays as an empty message', () => {
    expect(turns(render(silent, DOC, [EXAMPLE])[0]?.data)).toEqual([
      'user: S: one?\n\n',
      'assistant: ',
      'user: Q: two?',
    ]);
  });

  it('in plain text an empty answer brings no delimiter', () => {
    expect(prompt(render(silent, DOC, [EXAMPLE], { chat: false, multiturn: false })[0]?.data)).toBe(
      'S: one?\n\nQ: two?',
    );
  });

  it('an empty gen_prefix counts in plain text, where it brings its delimiter, and not in chat', () => {
    const config = taskOf({ gen_prefix: '' });
    expect(prompt(render(config, DOC, [EXAMPLE], { chat: false, multiturn: false })[0]?.data)).toBe(
      'Q: one? 1\n\nQ: two? ',
    );
    expect(turns(render(config, DOC, [EXAMPLE])[0]?.data)).toEqual(['user: Q: one?', 'assistant: 1', 'user: Q: two?']);
  });

  it('a gen_prefix opens answers, and the last one waits to be finished', () => {
    const config = taskOf({ gen_prefix: 'So' });
    expect(turns(render(config, DOC, [EXAMPLE])[0]?.data)).toEqual([
      'user: Q: one?',
      'assistant: So 1',
      'user: Q: two?',
      'assistant: So',
    ]);
  });

  it('a gen_prefix that is no text is refused, but for one that is false in chat, which counts as none', () => {
    const config = taskOf({ gen_prefix: 'n' });
    const [none, one] = [docOf(5, { q: 'two?', a: '2', n: 0n }), docOf(6, { q: 'two?', a: '2', n: 1n })];
    expect(turns(render(config, none)[0]?.data)).toEqual(['user: Q: two?']);
    expect(errorOf(() => render(config, one)).message).toContain('gen_prefix gives int');
    for (const doc of [none, one]) {
      expect(errorOf(() => render(config, doc, [], { chat: false, multiturn: false })).message).toContain('gen_prefix');
    }
  });

  it('an empty description makes no system message', () => {
    expect(turns(render(taskOf({ description: '' }), DOC)[0]?.data)).toEqual(['user: Q: two?']);
  });
});

describe('TEMPLATE-6: nothing is trimmed', () => {
  const padded = taskOf({ description: ' D\n\n', doc_to_text: ' {{q}} \n', doc_to_target: ' {{a}}\n' });

  it('in chat', () => {
    expect(turns(render(padded, DOC, [EXAMPLE], { systemInstruction: ' I ' })[0]?.data)).toEqual([
      'system:  I \n\n D\n\n',
      'user:  one? \n',
      'assistant:  1\n',
      'user:  two? \n',
    ]);
  });

  it('in chat of a single turn, and in plain text', () => {
    expect(turns(render(padded, DOC, [EXAMPLE], { multiturn: false })[0]?.data)).toEqual([
      'system:  D\n\n',
      'user:  one? \n  1\n\n\n two? \n',
    ]);
    expect(prompt(render(padded, DOC, [EXAMPLE], { chat: false, multiturn: false })[0]?.data)).toBe(
      ' D\n\n one? \n  1\n\n\n two? \n',
    );
  });
});

describe('FEWSHOT-3: a document never is its own example', () => {
  it('of those drawn the document itself is dropped, then the first ones are taken', () => {
    const config = taskOf({ fewshot_split: 'test' });
    const other = docOf(9, { q: 'three?', a: '3' });
    const shots = (drawn: (typeof DOC)[]) => turns(render(config, DOC, drawn, { shots: 1 })[0]?.data).slice(0, -2);
    expect(shots([DOC, other])).toEqual(['user: Q: three?']);
    expect(shots([other, EXAMPLE])).toEqual(['user: Q: three?']);
  });

  it('a twin of the document with another id is another document', () => {
    const twin = docOf(6, { q: 'two?', a: '2' });
    expect(turns(render(taskOf(), DOC, [twin])[0]?.data)).toHaveLength(3);
  });
});

describe('FIELD-7: a field that is the name of a column is its value', () => {
  it('by its whole text and in its exact case, also __id', () => {
    const text = (doc_to_text: string) =>
      turns(render(taskOf({ doc_to_text }), docOf(5, { q: '{{a}}', a: 'x' }))[0]?.data);
    expect(text('q')).toEqual(['user: {{a}}']);
    expect(text('Q')).toEqual(['user: Q']);
    expect(text('q ')).toEqual(['user: q ']);
  });
});

describe('PYTHON-4, FIELD-2: digits are what Python calls digits', () => {
  const scored = { output_type: 'multiple_choice', doc_to_choice: ['no', 'yes'] };
  const asked = docOf(5, { q: 'two?', a: '0' });

  it('a rendered target of digits is the number of a choice', () => {
    const config = taskOf({ ...scored, doc_to_target: '{{a}}' });
    const [first] = render(config, asked, [EXAMPLE], { requestType: 'loglikelihood', chat: false, multiturn: false });
    expect(first?.arguments).toEqual(['Q: one? yes\n\nQ: two?', ' no']);
  });

  it('a fraction is text', () => {
    const config = taskOf({ ...scored, doc_to_target: '{{a}}' });
    const half = docOf(1, { q: 'half?', a: '½' });
    const [first] = render(config, asked, [half], { requestType: 'loglikelihood', chat: false, multiturn: false });
    expect(first?.arguments[0]).toBe('Q: half? ½\n\nQ: two?');
  });
});

it('PYTHON-7: no text is normalised', () => {
  const decomposed = 'e\u0301 \ufb01 \u212b';
  expect(turns(render(taskOf(), docOf(1, { q: decomposed, a: '' }))[0]?.data)).toEqual([`user: Q: ${decomposed}`]);
});

it('PAYLOAD-15: the estimated length is of the prompt as it is sent', () => {
  const [chat] = render(taskOf({ description: 'D  d' }), DOC, [EXAMPLE]);
  // 3, 2, 1 and 2 pieces: 4 + 2 + 1 + 2 tokens, and 2 for each message.
  expect(chat?.ctxlen).toBe(17);
});

describe('what would fill the memory is refused', () => {
  const large = 'x'.repeat(1_000_000);

  it.each([
    ['turns', true, true],
    ['one turn', true, false],
    ['plain text', false, false],
  ])('worked examples of more characters than MongoDB stores, as %s', (_as, chat, multiturn) => {
    const examples = Array.from({ length: 20 }, (_, i) => docOf(10 + i, { q: large, a: '' }));
    const work = () => render(taskOf(), DOC, examples, { chat, multiturn });
    expect(errorOf(work)).toMatchObject({ code: 'TemplateFailed', message: expect.stringContaining('ask for fewer') });
  });

  it('a long context, once for each of very many choices', () => {
    const config = taskOf({ output_type: 'multiple_choice', doc_to_choice: '{{ ["b"] * 10000 }}', doc_to_target: 0n });
    const work = () =>
      render(config, docOf(1, { q: large }), [], { requestType: 'loglikelihood', chat: false, multiturn: false });
    expect(errorOf(work)).toMatchObject({ code: 'TemplateFailed', message: expect.stringContaining('too many') });
  });

  it('a choice that is no list but an endless text of brackets', () => {
    const config = taskOf({ output_type: 'multiple_choice', doc_to_choice: "{{ '[' * 1000000 }}", doc_to_target: 0n });
    const work = () => render(config, DOC, [], { requestType: 'loglikelihood', chat: false, multiturn: false });
    expect(errorOf(work)).toMatchObject({ code: 'TemplateFailed' });
  });
  expect(render(taskOf(), DOC, [], { chat: false, multiturn: false })[0]?.ctxlen).toBe(2);
});

it('an error inside a document says which document of which task it was', () => {
  expect(() => render(taskOf({ doc_to_text: '{{missing}}' }), DOC)).toThrow(/missing/);
  const config = taskOf({ doc_to_target: '{{a}}' });
  expect(() => render(config, DOC, [docOf(1, { q: 'x' })])).toThrow(/own.*document 5/);
});
