import { type handleUnaryCall, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { PluginAttach, PluginInfo } from '@pulumi/pulumi/proto/plugin_pb';
import { ResourceProviderService } from '@pulumi/pulumi/proto/provider_grpc_pb';
import {
  CheckFailure,
  type CheckRequest,
  CheckResponse,
  type ConfigureRequest,
  ConfigureResponse,
  type CreateRequest,
  CreateResponse,
  type DeleteRequest,
  type DiffRequest,
  DiffResponse,
  type InvokeRequest,
  InvokeResponse,
  type ReadRequest,
  ReadResponse,
  type UpdateRequest,
  UpdateResponse,
} from '@pulumi/pulumi/proto/provider_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import type { Provider } from './provider';
import type { Properties } from './resource-type';
import { plain } from './value';

/** The release of `@pulumi/aws` whose plugin this stands in for. */
const VERSION = '7.48.0';

export interface RunningServer {
  port: number;
  stop(): void;
}

/** Serves the provider to Pulumi's engine on a free port. The engine finds it by `PULUMI_DEBUG_PROVIDERS`. */
export async function serve(provider: Provider): Promise<RunningServer> {
  // Code comes as text, in one message.
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  server.addService(ResourceProviderService, handlersOf(provider));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    port,
    stop: () => {
      server.forceShutdown();
    },
  };
}

/** Every other call of the protocol is answered as not implemented. */
function handlersOf(provider: Provider) {
  return {
    attach: unary((_: PluginAttach) => new Empty()),
    cancel: unary((_: Empty) => new Empty()),
    getPluginInfo: unary((_: Empty) => {
      const info = new PluginInfo();
      info.setVersion(VERSION);
      return info;
    }),
    checkConfig: unary((request: CheckRequest) => {
      const news = propertiesOf(request.getNews());
      return checked(news, provider.checkConfig(news));
    }),
    diffConfig: unary((request: DiffRequest) => {
      const [olds, news] = [propertiesOf(request.getOlds()), propertiesOf(request.getNews())];
      const hasMoved = plain(olds).region !== plain(news).region;
      return different(hasMoved ? ['region'] : [], hasMoved ? ['region'] : []);
    }),
    configure: unary((request: ConfigureRequest) => {
      const { region } = plain(propertiesOf(request.getArgs()));
      provider.configure(typeof region === 'string' ? region : request.getVariablesMap().get('aws:config:region'));
      const response = new ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
    check: unary((request: CheckRequest) => {
      const { inputs, failures } = provider.check(
        request.getUrn(),
        propertiesOf(request.getOlds()),
        propertiesOf(request.getNews()),
      );
      return checked(inputs, failures);
    }),
    diff: unary((request: DiffRequest) => {
      const { changed, replaces } = provider.diff(
        request.getUrn(),
        propertiesOf(request.getOldInputs()),
        propertiesOf(request.getNews()),
        request.getIgnorechangesList(),
      );
      return different(changed, replaces);
    }),
    create: unary(async (request: CreateRequest) => {
      const { id, properties } = await provider.create(
        request.getUrn(),
        propertiesOf(request.getProperties()),
        request.getPreview(),
      );
      const response = new CreateResponse();
      response.setId(id);
      response.setProperties(structOf(properties));
      return response;
    }),
    read: unary(async (request: ReadRequest) => {
      const found = await provider.read(
        request.getUrn(),
        request.getId(),
        propertiesOf(request.getProperties()),
        propertiesOf(request.getInputs()),
      );
      const response = new ReadResponse();
      // No id tells that there is no such resource.
      if (found === undefined) return response;
      response.setId(request.getId());
      response.setProperties(structOf(found.properties));
      response.setInputs(structOf(found.inputs));
      return response;
    }),
    update: unary(async (request: UpdateRequest) => {
      const properties = await provider.update(
        request.getUrn(),
        request.getId(),
        propertiesOf(request.getOlds()),
        propertiesOf(request.getOldInputs()),
        propertiesOf(request.getNews()),
        request.getPreview(),
      );
      const response = new UpdateResponse();
      response.setProperties(structOf(properties));
      return response;
    }),
    delete: unary(async (request: DeleteRequest) => {
      await provider.delete(request.getUrn(), request.getId(), propertiesOf(request.getProperties()));
      return new Empty();
    }),
    invoke: unary((request: InvokeRequest) => {
      const response = new InvokeResponse();
      response.setReturn(structOf(provider.invoke(request.getTok(), propertiesOf(request.getArgs()))));
      return response;
    }),
  };
}

function unary<Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(answer)
      .then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          callback({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
        },
      );
  };
}

function checked(inputs: Properties, failures: string[]): CheckResponse {
  const response = new CheckResponse();
  response.setInputs(structOf(inputs));
  response.setFailuresList(
    failures.map((reason) => {
      // Without the property, whose value the engine would quote.
      const failure = new CheckFailure();
      failure.setReason(reason);
      return failure;
    }),
  );
  return response;
}

function different(changed: string[], replaces: string[]): DiffResponse {
  const response = new DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  response.setChanges(changed.length === 0 ? DIFF_NONE : DIFF_SOME);
  response.setDiffsList(changed);
  response.setReplacesList(replaces);
  return response;
}

function propertiesOf(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

function structOf(properties: Properties): Struct {
  // A struct cannot hold undefined.
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as Parameters<typeof Struct.fromJavaScript>[0]);
}
