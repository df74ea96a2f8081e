// Judges models with Microsoft's DTDL parser: reads a JSON file of texts, writes its version and a verdict for each to another.
import { readFileSync, writeFileSync } from 'node:fs'
import { getInterop } from '@digicatapult/dtdl-parser'

const parser = await getInterop()

function judge(text) {
  try {
    parser.parse(text)
    return 'valid'
  } catch (error) {
    let told
    try {
      told = JSON.parse(error.message)
    } catch {
      return `crash: ${error.message.split('\n')[0].slice(0, 80)}`
    }
    if (told.ExceptionKind === 'Resolution') return 'incomplete'
    const codes = told.Errors.map((each) => each.ValidationID.split(':').pop())
    return `invalid: ${[...new Set(codes)].sort().join(' ')}`
  }
}

const texts = JSON.parse(readFileSync(process.argv[2], 'utf8'))
writeFileSync(process.argv[3], JSON.stringify({ parser: parser.parserVersion(), verdicts: texts.map(judge) }))
process.exit(0)
