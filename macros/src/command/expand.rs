//! The impls of a correct command.

use super::{
    model::{Case, Existence, Model},
    parameter::Parameter,
    rule::{Emit, Guard, Handler},
};
use crate::{
    attr,
    implementation::{self, quiet},
    made,
};
use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{ConstParam, Expr, GenericParam, TypeParam, ext::IdentExt, parse_quote, spanned::Spanned};

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let Some(state) = &model.parameters.state else { return TokenStream::new() };
    let krate = &model.krate;
    let header = implementation::header(model.input, &quote!(#krate::Command), &supertraits());
    let signatures = Signatures::new(model, state);
    let event_type = EventType::new(model, state);
    let existence = existence(model);
    let cases = model.cases.iter().map(|case| {
        let pattern = pattern(case);
        let decision = decision(model, &signatures, case, &event_type);
        quote!(#pattern => { #decision })
    });
    let decide = signatures.decide(&quote!(match self { #(#cases)* }));
    let types = &signatures.types;
    let (alias, checks) = (event_type.alias(model, state), event_type.checks(model, state));
    let targeted = targeted(model, state);
    quote! {
        const _: () = {
            #alias

            #header {
                #types

                fn existence(&self) -> #krate::Existence {
                    #existence
                }

                #decide
            }

            #targeted

            #checks
        };
    }
}

/// What the trait asks of a command.
pub(super) fn supertraits() -> TokenStream {
    quote!(::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static)
}

/// The parts of the impl that stand in the stub too.
///
/// They spell the associated types out: `Self::Error` would not do where a variant has that name, and what is wrong
/// with a type is shown once, where the user wrote it.
pub(super) struct Signatures {
    /// `<Order as Aggregate>::Event`
    event: TokenStream,
    /// The type of a rejection.
    error: TokenStream,
    /// The associated types.
    pub(super) types: TokenStream,
    /// The head of `decide`, and the place where its body is reported.
    decide: (TokenStream, Span),
}

impl Signatures {
    pub(super) fn new(model: &Model<'_>, state: &Parameter) -> Self {
        let krate = &model.krate;
        let Parameter { name, ty } = state;
        let error = model.error.get().map_or_else(|| quote!(::core::convert::Infallible), ToTokens::to_token_stream);
        // The user's type stands in the signature, so that a wrong one is an error at its place.
        let context = model.parameters.context.as_ref().map(|Parameter { name, ty }| {
            let reference = quote_spanned!(located_at(ty)=> &);
            quote!(#name: #reference #ty)
        });
        let context = context.unwrap_or_else(|| quote!(_: &#krate::Context));
        let event = event_of(model, state);
        // Where the type is no aggregate, the signature is reported as well: in the same words at the same place, and so once.
        let (place, this) = (ty.span(), quote!(self));
        let head = quote_spanned! {place=>
            fn decide(
                #this,
                #name: &#ty,
                #context,
            ) -> ::core::result::Result<#krate::__private::Decided<#event>, #error>
        };
        Self {
            types: quote! {
                type Aggregate = #ty;
                type Error = #error;
            },
            decide: (head, place),
            event,
            error,
        }
    }

    /// `decide` with this body.
    pub(super) fn decide(&self, body: &TokenStream) -> TokenStream {
        let (head, place) = &self.decide;
        quote_spanned!(*place=> #head { #body })
    }
}

/// The aggregate's event enum.
fn event_of(model: &Model<'_>, state: &Parameter) -> TokenStream {
    of_aggregate(model, state, "Event")
}

/// The aggregate's id.
fn id_of(model: &Model<'_>, state: &Parameter) -> TokenStream {
    of_aggregate(model, state, "Id")
}

/// An associated type of the aggregate. From where the user's type begins to where it ends, so that each report of one
/// that is no aggregate is the same.
fn of_aggregate(model: &Model<'_>, state: &Parameter, name: &str) -> TokenStream {
    let Parameter { ty, .. } = state;
    let (from, to) = implementation::ends(&ty.to_token_stream());
    let krate = model.krate.near(to.resolved_at(Span::call_site()));
    let name = Ident::new(name, to);
    let (open, close) = (quote_spanned!(from=> <), quote_spanned!(to=> >::));
    quote!(#open #ty as #krate::Aggregate #close #name)
}

/// The aggregate's event enum, under a name that variants can be looked up in.
struct EventType {
    name: Ident,
    /// The parameters that the aggregate's type mentions: an alias must use all of its own.
    parameters: Option<TokenStream>,
    arguments: Option<TokenStream>,
}

impl EventType {
    fn new(model: &Model<'_>, state: &Parameter) -> Self {
        let ty = state.ty.to_token_stream();
        let parameters = model.input.generics.params.iter().filter_map(|parameter| match parameter {
            GenericParam::Type(TypeParam { ident, .. }) => Some((ident, quote!(#ident))),
            GenericParam::Const(ConstParam { ident, ty, .. }) => Some((ident, quote!(const #ident: #ty))),
            GenericParam::Lifetime(_) => None,
        });
        let (names, parameters): (Vec<_>, Vec<_>) = parameters.filter(|(name, _)| mentions(ty.clone(), name)).unzip();
        Self {
            name: Ident::new("__Event", Span::mixed_site()),
            parameters: (!names.is_empty()).then(|| quote!(<#(#parameters),*>)),
            arguments: (!names.is_empty()).then(|| quote!(::<#(#names),*>)),
        }
    }

    /// The alias, if an `emit` needs it.
    fn alias(&self, model: &Model<'_>, state: &Parameter) -> Option<TokenStream> {
        let Self { name, parameters, .. } = self;
        let mut emits = model.cases.iter().flat_map(|case| &case.rules.emits);
        let used = emits.any(|emit| made::short_path(&mut emit.event.clone()).is_some());
        let event = event_of(model, state);
        used.then(|| quote!(type #name #parameters = #event;))
    }

    /// Checks that the variants exist that an `emit` writes with fields. rustc's own message does not say so: it does not
    /// see through the alias to the enum. Of variants without fields it does, and where the aggregate has type
    /// parameters nothing can be checked here.
    fn checks(&self, model: &Model<'_>, state: &Parameter) -> TokenStream {
        let Self { name, parameters, .. } = self;
        let emits = model.cases.iter().flat_map(|case| &case.rules.emits).filter(|_| parameters.is_none());
        let checks = emits.filter_map(|emit| {
            let Expr::Struct(event) = &emit.event else { return None };
            let variant = made::short_path(&mut emit.event.clone())?.segments.first()?.ident.unraw().to_string();
            let message = format!("the event of `{}` has no variant `{variant}`", attr::source(&state.ty));
            let place = located_at(&event.path);
            let krate = model.krate.near(place);
            Some(quote_spanned! {place=>
                const _: () = #krate::__private::assert_variant(
                    <#name as #krate::Event>::DESCRIPTOR,
                    #variant,
                    #message,
                );
            })
        });
        checks.collect()
    }

    /// The event with a path of one word looked up in the enum.
    fn qualify(&self, event: &Expr) -> Expr {
        let Self { name, arguments, .. } = self;
        // At the user's place, so that what is wrong with the event is shown there.
        made::qualify(event, |place| {
            let name = Ident::new(&name.to_string(), name.span().located_at(place));
            parse_quote!(#name #arguments)
        })
    }
}

/// Whether the name occurs among the tokens as the beginning of a path.
fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    let mut after_colon = false;
    for token in tokens {
        match &token {
            TokenTree::Group(group) if mentions(group.stream(), name) => return true,
            TokenTree::Ident(ident) if ident == name && !after_colon => return true,
            _ => {}
        }
        after_colon = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':');
    }
    false
}

fn existence(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let arms = model.cases.iter().map(|case| {
        let path = case_path(case);
        let existence = match case.existence {
            Some((_, Existence::New)) => quote!(New),
            Some((_, Existence::Any)) => quote!(Any),
            None => quote!(Existing),
        };
        quote!(#path { .. } => #krate::Existence::#existence,)
    });
    quote!(match *self { #(#arms)* })
}

/// `Self::Variant`, or `Self` for a struct.
fn case_path(case: &Case<'_>) -> TokenStream {
    let variant = case.is_variant.then(|| quiet(case.ident)).into_iter();
    quote!(Self #(::#variant)*)
}

/// The pattern that brings all fields into scope by value.
fn pattern(case: &Case<'_>) -> TokenStream {
    let path = case_path(case);
    let fields = case.fields.iter().map(|field| {
        let (field, name) = (quiet(field.ident), field.ident);
        quote!(#field: #name)
    });
    quote!(#path { #(#fields),* })
}

fn decision(model: &Model<'_>, signatures: &Signatures, case: &Case<'_>, event_type: &EventType) -> TokenStream {
    let guards = case.rules.guards.iter().map(|guard| expand_guard(model, signatures, guard));
    let outcome = match case.rules.handlers.first() {
        Some(handler) => call(model, signatures, case, handler),
        None => emits(model, signatures, &case.rules.emits, event_type),
    };
    quote!(#(#guards)* #outcome)
}

/// An `if` with the condition in it unchanged: what is not a `bool` is an error at the condition. So is the error a
/// binding of its type.
fn expand_guard(model: &Model<'_>, signatures: &Signatures, guard: &Guard) -> TokenStream {
    match guard {
        Guard::Require(_, condition, error) => {
            let (rejection, ty) = (Ident::new("__rejection", Span::mixed_site()), &signatures.error);
            quote!(if (#condition) {} else {
                let #rejection: #ty = #error;
                return ::core::result::Result::Err(#rejection);
            })
        }
        Guard::SkipIf(condition) => {
            let krate = &model.krate;
            quote!(if (#condition) { return ::core::result::Result::Ok(#krate::__private::Decided::new()); })
        }
    }
}

/// All conditions first, so that they see every field: an event moves what it takes.
fn emits(model: &Model<'_>, signatures: &Signatures, emits: &[Emit], event_type: &EventType) -> TokenStream {
    let event = &signatures.event;
    let krate = &model.krate;
    let (events, this) = (Ident::new("__events", Span::mixed_site()), Ident::new("__event", Span::mixed_site()));
    let holds = |at: usize| format_ident!("__holds_{at}", span = Span::mixed_site());
    let conditions = emits.iter().enumerate().filter_map(|(at, emit)| {
        let (condition, holds) = (emit.condition.as_ref()?, holds(at));
        Some(quote!(let #holds = if (#condition) { true } else { false };))
    });
    let pushes = emits.iter().enumerate().map(|(at, emit)| {
        let qualified = event_type.qualify(&emit.event);
        let push = quote! {
            let #this: #event = #qualified;
            #krate::__private::Decided::push(&mut #events, #this);
        };
        if emit.condition.is_none() {
            return push;
        }
        let holds = holds(at);
        quote!(if #holds { #push })
    });
    let capacity = Literal::usize_unsuffixed(emits.len());
    quote! {
        #(#conditions)*
        let mut #events = #krate::__private::Decided::with_capacity(#capacity);
        #(#pushes)*
        ::core::result::Result::Ok(#events)
    }
}

fn call(model: &Model<'_>, signatures: &Signatures, case: &Case<'_>, handler: &Handler) -> TokenStream {
    let krate = &model.krate;
    let path = &handler.path;
    let Signatures { event, error, .. } = signatures;
    let parameters = model.parameters.state.iter().chain(&model.parameters.context);
    let types = parameters.clone().map(|Parameter { ty, .. }| quote!(&#ty));
    let types = types.chain(case.fields.iter().map(|field| field.field.ty.to_token_stream()));
    let names = parameters.map(|parameter| &parameter.name).chain(case.fields.iter().map(|field| field.ident));
    // What is wrong with the function stands under its whole path, and says what it should take.
    let (from, to) = implementation::ends(&path.to_token_stream());
    let ours = |place: Span| Span::mixed_site().located_at(place);
    let variable = Ident::new("__handler", ours(from));
    let mut arguments = Group::new(Delimiter::Parenthesis, quote!(#(#names),*));
    arguments.set_span(ours(to));
    let pointer = quote_spanned!(located_at(case.ident)=> fn(#(#types),*) -> _);
    let krate = krate.near(from);
    let decision = quote_spanned!(from=> #krate::__private::decision::<#event, #error>);
    quote! {
        let #variable: #pointer = #path;
        #decision(#variable #arguments)
    }
}

/// `Targeted`, for a command that carries the aggregate's id.
fn targeted(model: &Model<'_>, state: &Parameter) -> Option<TokenStream> {
    let target = id_of(model, state);
    let arms: Option<Vec<_>> = model
        .cases
        .iter()
        .map(|case| {
            let field = case.id()?;
            let (path, name, ty) = (case_path(case), quiet(field.ident), &field.field.ty);
            let id = Ident::new("__id", Span::mixed_site());
            // What is no id of the aggregate is an error at the field's type.
            let found = Ident::new("__id", id.span().located_at(ty.span()));
            let (reference, target) = (quote_spanned!(state.ty.span()=> &), &target);
            Some(quote!(#path { #name: ref #id, .. } => {
                let #id: #reference #target = #found;
                ::core::clone::Clone::clone(#id)
            }))
        })
        .collect();
    let arms = arms.filter(|arms| !arms.is_empty())?;
    Some(impl_targeted(model, state, &quote!(match *self { #(#arms)* }), implementation::header))
}

/// `impl Targeted` with this body.
pub(super) fn impl_targeted(
    model: &Model<'_>,
    state: &Parameter,
    body: &TokenStream,
    header: impl Fn(&syn::DeriveInput, &TokenStream, &TokenStream) -> TokenStream,
) -> TokenStream {
    let (krate, target) = (&model.krate, id_of(model, state));
    let header = header(model.input, &quote!(#krate::Targeted), &supertraits());
    quote! {
        #header {
            fn target(&self) -> #target {
                #body
            }
        }
    }
}

/// The place of the user's tokens, for tokens of ours that an error shall be shown at.
fn located_at(tokens: &impl Spanned) -> Span {
    tokens.span().resolved_at(Span::call_site())
}
