import { expect, it } from 'vitest';
import { escapeHtml, scriptJson } from '../../lib/pages/html.ts';

it('shows what HTML reads otherwise as text, and characters that are no HTML by their number', () => {
  expect(escapeHtml('<b a="\'">&amp;\r\u0000\ud800')).toBe('&lt;b a=&quot;&#39;&quot;&gt;&amp;amp;&#13;\\u0000\ufffd');
});

it('writes JSON that no text in it can end, and that reads back as it was', () => {
  const value = { a: '</script><!--<script>', b: '\u2028 & \u0000', c: ['\ud800', 1.5, null] };
  const json = scriptJson(value);
  expect([...'<>&\u2028\u2029\u0000'].filter((one) => json.includes(one))).toEqual([]);
  expect(JSON.parse(json)).toEqual(value);
});
