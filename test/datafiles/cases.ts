/** A file of one's own, as text, and how it is read. */
export interface FileCase {
  readonly format: 'json' | 'csv';
  readonly text: string;
  readonly options?: Readonly<Record<string, string>>;
}

const json = (text: string, options: FileCase['options'] = {}): FileCase => ({ format: 'json', text, options });
const csv = (text: string, options: FileCase['options'] = {}): FileCase => ({ format: 'csv', text, options });

/** All made up. */
export const CASES: readonly FileCase[] = [
  json('{"a":1,"b":"x"}\n{"a":2,"b":null}\n'),
  json('[{"a":1,"b":"x"},{"a":2.5,"c":[1,2]}]'),
  json('{"a":1}\n{"a":2.5}\n'),
  json('{"a":1}\n{"a":"x"}\n'),
  json('{"a":"2020-01-01","t":"2020-01-01T10:00:00","u":"2020-01-01 1"}\n'),
  json('{"a":"2020-01-01"}\n{"a":"soon"}\n'),
  json('[{"a":"2020-01-01"}]'),
  json('{"a":{"x":1,"y":["s"]},"b":[],"n":null,"t":true}\n{"a":{"y":[]},"z":1}\n'),
  json('{"a":[[1],[2,3]],"b":[{"c":"d"},{"e":1.5}]}\n'),
  json('{"version":1,"data":[{"q":"a"},{"q":"b"}]}', { field: 'data' }),
  json('{"q":["a","b"],"r":[1,2]}'),
  json('{"data":{"q":["a","b"],"r":[1,2]}}', { field: 'data' }),
  json('{"a":9223372036854775807,"b":1e3,"c":1.0}\n'),
  json('["a","b"]'),
  json('{\n "a": 1,\n "b":"multi"\n}\n{"a":2,"b":"z"}'),
  json('{"a":"\\u00e9\\ud83d\\ude00 \u2028 line"}\n\n{"a":""}'),
  json('{"a":1'),
  json('{"b":1}', { field: 'data' }),
  csv('q,a,n,f,b,e\n"x, y",1,NA,1.5,True,\n z ,2,,2,False,\n'),
  csv('q;a\nx;1\n', { sep: ';' }),
  csv('q,a\nx,1\ny,z\n'),
  csv('q,a\nx,007\n'),
  csv('q,a\nx,2020-01-01\n'),
  csv('q,a\n"li\nne",1\n"qu""ote",None\n'),
  csv('a,a\n1,2\n'),
  csv('q,b\nx,true\ny,\n'),
  csv('q,b\nx,1\ny,\n'),
  csv('q\nx\n\ny\n'),
  csv('q,i\nx,inf\ny,1e3\n'),
  csv('q,a\nx\n'),
  csv(',a\nx, 1\ny,2 \n'),
  csv('\ufeffq,a\r\nx,1\r\n'),
];
